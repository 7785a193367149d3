import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { parseScript } from '../../sieve/parse'
import { rulesSettings } from '../../sieve/settings'
import type { Account } from '../../store/account'
import { isScriptName, MAX_SCRIPTS, type ScriptTable } from '../../store/records/scripts'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'

async function withScripts(home: string, name: string, run: (scripts: ScriptTable, account: Account) => Promise<void>) {
  const store = await openStore(openHome(home))
  try {
    const account = await store.accounts.find(name)
    if (!account) throw new Error(`there is no account ${name}`)
    await run(store.scripts, account)
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
        parseScript(text, rulesSettings(openHome(home).ini('mailbox_sieve')).without)
        const target = (script ?? account.activeScript ?? 'main').normalize('NFC')
        if (!isScriptName(target)) throw new Error(`${target} is no name of a script`)
        if (await scripts.put(account.id, target, text))
          throw new Error(`${account.name} has ${MAX_SCRIPTS} scripts already`)
        await scripts.activate(account.id, target)
        console.log(`changed the rules of ${account.name}`)
      }),
    )
  sub('list <name>', 'the scripts of the account, and which one is active').action((name: string, { home }: Options) =>
    withScripts(home, name, async (scripts, account) => {
      for (const one of await scripts.list(account.id))
        console.log(`${one}${one === account.activeScript ? '  (active)' : ''}`)
    }),
  )
  sub('show <name>', 'print the active script')
    .option('--script <name>', 'another one')
    .action((name: string, { home, script }: Options) =>
      withScripts(home, name, async (scripts, account) => {
        const wanted = script ?? account.activeScript
        const text = wanted === undefined ? undefined : await scripts.get(account.id, wanted)
        if (text === undefined && script !== undefined) throw new Error(`there is no script ${script}`)
        process.stdout.write(text ?? `# ${account.name} has no rules\n`)
      }),
    )
  sub('remove <name>', 'remove all scripts of the account: all mail goes into INBOX')
    .option('--script <name>', 'only this one')
    .action((name: string, { home, script }: Options) =>
      withScripts(home, name, async (scripts, account) => {
        if (script === undefined || script === account.activeScript) await scripts.activate(account.id, undefined)
        for (const one of script === undefined ? await scripts.list(account.id) : [script]) {
          if (await scripts.remove(account.id, one)) throw new Error(`there is no script ${one}`)
        }
        console.log(script === undefined ? `${account.name} has no rules now` : `removed ${script} of ${account.name}`)
      }),
    )
  return rules
}
