import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { isScriptName, MAX_SCRIPTS, type Scripts } from '../mailbox/deliver/scripts'
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
  const sub = (usage: string, text: string): Command => rules.command(usage).description(text).addOption(homeOption())
  interface Options {
    readonly home: string
    readonly script?: string
  }
  sub('put <name> <file>', 'put a script of the account and make it the active one; one with a mistake is refused')
    .option('--script <name>', 'its name; without it the active script is replaced, or `main` made')
    .action((name: string, file: string, { home, script }: Options) =>
      withScripts(home, name, async (scripts, account) => {
        const text = readFileSync(file, 'utf8')
        parseScript(text)
        const active = (await scripts.list(account.id)).find((one) => one.active)
        const target = (script ?? active?.name ?? 'main').normalize('NFC')
        if (!isScriptName(target)) throw new Error(`${target} is no name of a script`)
        if (await scripts.put(account.id, target, text))
          throw new Error(`${account.name} has ${MAX_SCRIPTS} scripts already`)
        await scripts.activate(account.id, target)
        console.log(`changed the rules of ${account.name}`)
      }),
    )
  sub('list <name>', 'the scripts of the account, and which one is active').action((name: string, { home }: Options) =>
    withScripts(home, name, async (scripts, account) => {
      for (const one of await scripts.list(account.id)) console.log(`${one.name}${one.active ? '  (active)' : ''}`)
    }),
  )
  sub('show <name>', 'print the active script')
    .option('--script <name>', 'another one')
    .action((name: string, { home, script }: Options) =>
      withScripts(home, name, async (scripts, account) => {
        const text =
          script === undefined ? (await scripts.active(account.id))?.text : await scripts.get(account.id, script)
        if (text === undefined && script !== undefined) throw new Error(`there is no script ${script}`)
        process.stdout.write(text ?? `# ${account.name} has no rules\n`)
      }),
    )
  sub('remove <name>', 'remove all scripts of the account: all mail goes into INBOX')
    .option('--script <name>', 'only this one')
    .action((name: string, { home, script }: Options) =>
      withScripts(home, name, async (scripts, account) => {
        if (script === undefined) await scripts.clear(account.id)
        else {
          const active = (await scripts.list(account.id)).find((one) => one.active)
          if (active?.name === script) await scripts.activate(account.id, undefined)
          if (await scripts.remove(account.id, script)) throw new Error(`there is no script ${script}`)
        }
        console.log(script === undefined ? `${account.name} has no rules now` : `removed ${script} of ${account.name}`)
      }),
    )
  return rules
}
