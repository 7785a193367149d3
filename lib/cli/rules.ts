import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Scripts } from '../mailbox/deliver/scripts'
import { parseScript } from '../sieve/parse'
import type { Account } from '../store/account'
import { openScripts } from '../wiring'
import { homeOption, openHome } from './home'

async function withScripts(home: string, name: string, run: (scripts: Scripts, account: Account) => Promise<void>) {
  const opened = openHome(home)
  const store = await opened.openStore()
  try {
    const account = await store.accounts.find(name)
    if (!account) throw new Error(`there is no account ${name}`)
    await run(openScripts(opened.place), account)
  } finally {
    await store.close()
  }
}

/** `haraka-mailbox rules`: Sieve scripts of accounts. */
export function rulesCommand(): Command {
  const rules = new Command('rules').description('Sieve scripts: what happens to mail of an account at delivery')
  rules
    .command('check <file>')
    .description('say what is wrong with a script')
    .action((file: string) => {
      parseScript(readFileSync(file, 'utf8'))
      console.log('no mistakes')
    })
  rules
    .command('put <name> <file>')
    .description('make this the script of the account; one with a mistake is refused')
    .addOption(homeOption())
    .action((name: string, file: string, { home }: { home: string }) =>
      withScripts(home, name, async (scripts, account) => {
        const text = readFileSync(file, 'utf8')
        parseScript(text)
        await scripts.put(account.id, text)
        console.log(`changed the rules of ${account.name}`)
      }),
    )
  rules
    .command('show <name>')
    .description('print the script')
    .addOption(homeOption())
    .action((name: string, { home }: { home: string }) =>
      withScripts(home, name, async (scripts, account) => {
        const script = await scripts.active(account.id)
        process.stdout.write(script?.text ?? `# ${account.name} has no rules\n`)
      }),
    )
  rules
    .command('remove <name>')
    .description('all mail goes into INBOX')
    .addOption(homeOption())
    .action((name: string, { home }: { home: string }) =>
      withScripts(home, name, async (scripts, account) => {
        await scripts.remove(account.id)
        console.log(`${account.name} has no rules now`)
      }),
    )
  return rules
}
