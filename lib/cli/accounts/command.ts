import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Command } from 'commander'
import { setPassword } from '../../login/passwords'
import { type Account, settingCredentials } from '../../store/account'
import type { Store } from '../../store/store'
import { ok } from '../../terms/fault'
import { sizeText } from '../../terms/sizes'
import { KNOWN_PASSWORD, SHORTEST_PASSWORD } from '../../web/who/credentials'
import type { Home } from '../../wiring/home'
import { openKnownPasswords, readLoginSettings } from '../../wiring/login'
import { openStore } from '../../wiring/store'
import { type Desk, withDesk } from '../bin/desk'
import { minute } from '../bin/report'
import { homeOption, openHome } from '../home'
import { type AccountChanges, changeOf, gather } from './changes'
import { importAccountCommands } from './import'
import { printRemoved, type Removing, removeAccount, restoreAccount } from './remove'
import { showAccount } from './show'

/** Makes the account, or gives an existing one this password. */
export async function ensureAccount(store: Store, name: string, password: string): Promise<'made' | 'changed'> {
  const existing = await store.accounts.find(name)
  if (existing) {
    await changePassword(store, existing, password)
    return 'changed'
  }
  try {
    await addAccount(store, name, password)
    return 'made'
  } catch (error) {
    // Another host that starts at the same time over the same store may have made it in between.
    const made = await store.accounts.find(name)
    if (!made) throw error
    await changePassword(store, made, password)
    return 'changed'
  }
}

/** Before a password is asked for. */
async function mustBeFree(store: Store, name: string): Promise<void> {
  if (await store.accounts.find(name)) throw new Error(`${name} exists already; nothing was changed`)
  const removed = await store.bin?.accounts.find(name)
  if (removed) {
    const ways = `\`accounts restore ${removed.name}\` brings it back, \`accounts remove --erase ${removed.name}\` frees the name`
    throw new Error(
      `${removed.name} was removed, and is kept until ${minute(removed.until)} UTC; nothing was changed. ${ways}`,
    )
  }
}

async function addAccount(store: Store, name: string, password: string | undefined): Promise<Account> {
  if (!/^[^\s@]+@[^\s@]+$/.test(name)) throw new Error(`${name} is not a full address such as user@example.org`)
  const credentials = password === undefined ? {} : await setPassword(password)
  const made = await store.accounts.create({ name: name.toLowerCase(), credentials })
  if (!made.ok) {
    await mustBeFree(store, name)
    throw new Error(`${name}: ${made.fault.kind}`)
  }
  return made.value
}

/** Nobody has its password, and its mailboxes are there before anybody looks. */
async function addShared({ store, room }: Desk, name: string): Promise<void> {
  await mustBeFree(store, name)
  const account = await addAccount(store, name, undefined)
  await store.accounts.update(account.id, () => ok({ overrides: { shared: 'yes' } }))
  await room.ensureSpecialUse(account.id)
  console.log(`added ${account.name}; give rights: haraka-mailbox acl set ${account.name} '*' USER write`)
}

async function changePassword(store: Store, account: Account, password: string): Promise<void> {
  const done = await store.accounts.update(account.id, settingCredentials(await setPassword(password)))
  if (!done.ok) throw new Error(`${account.name}: ${done.fault.kind}`)
}

interface PasswordFrom {
  readonly generate?: boolean
  readonly passwordStdin?: boolean
  /** --no-password: false */
  readonly password?: boolean
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

async function prompt(question: string): Promise<string> {
  // What is typed is not echoed.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  process.stderr.write(question)
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

/** Never from the command line: other users of the machine could read it there. */
async function passwordFrom(options: PasswordFrom & { readonly home: string }): Promise<string> {
  if (options.generate) {
    return randomBytes(12).toString('base64url')
  }
  const home = openHome(options.home)
  if (options.passwordStdin || !process.stdin.isTTY) return required(home, await readStdin())
  const first = await required(home, await prompt('Password: '))
  if (first !== (await prompt('Again: '))) throw new Error('the two passwords differ; nothing was changed')
  return first
}

async function required(home: Home, password: string): Promise<string> {
  if (password.length < SHORTEST_PASSWORD)
    throw new Error(`a password has at least ${SHORTEST_PASSWORD} characters; nothing was changed`)
  const known = openKnownPasswords(home, readLoginSettings(home))
  if (await known?.has(password)) throw new Error(`${KNOWN_PASSWORD}; nothing was changed`)
  return password
}

async function withStore<T>(home: string, run: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(openHome(home))
  try {
    return await run(store)
  } finally {
    await store.close()
  }
}

async function existing(store: Store, name: string): Promise<Account> {
  const account = await store.accounts.find(name)
  if (account) return account
  throw new Error(`there is no account ${name}`)
}

async function printAccounts(store: Store, json: boolean): Promise<void> {
  const rows: { name: string; messages: number; bytes: number; disabled: boolean; admin: boolean }[] = []
  for await (const { id, name, disabled, admin } of store.accounts.list()) {
    rows.push({ name, ...(await store.accounts.usage(id)), disabled, admin })
  }
  if (json) {
    console.log(JSON.stringify(rows, null, 2))
    return
  }
  if (rows.length === 0) console.log('no accounts yet: haraka-mailbox accounts add user@example.org')
  const width = Math.max(7, ...rows.map(({ name }) => name.length))
  if (rows.length > 0) console.log(`${'account'.padEnd(width)}  ${'messages'.padStart(8)}  ${'size'.padStart(9)}`)
  for (const row of rows) {
    const marks = [row.disabled ? 'disabled' : '', row.admin ? 'administrator' : ''].filter(Boolean).join(' ')
    const line = `${row.name.padEnd(width)}  ${String(row.messages).padStart(8)}  ${sizeText(row.bytes).padStart(9)}  ${marks}`
    console.log(line.trimEnd())
  }
}

export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('the accounts of the store')
  for (const command of importAccountCommands()) accounts.addCommand(command)
  const sub = (usage: string, text: string): Command =>
    accounts.command(usage).description(text).addOption(homeOption())

  sub('add <name>', 'make an account; asks for its password')
    .option('--generate', 'make a password and print it')
    .option('--password-stdin', 'read the password from standard input')
    .option('--no-password', 'none of its own: LDAP or vpopmaild checks it (docs/login.md)')
    .option('--shared', 'of a team: nobody logs into it, users get rights on its mailboxes (docs/sharing.md)')
    .action(async (name: string, options: PasswordFrom & { home: string; shared?: boolean }) => {
      if (options.shared) return withDesk(options.home, (desk) => addShared(desk, name))
      return withStore(options.home, async (store) => {
        await mustBeFree(store, name)
        const password = options.password === false ? undefined : await passwordFrom(options)
        const account = await addAccount(store, name, password)
        if (options.generate) console.log(`password: ${password}`)
        console.log(`added ${account.name}`)
      })
    })
  sub('passwd <name>', 'change the password')
    .option('--generate', 'make a password and print it')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (name: string, options: PasswordFrom & { home: string }) =>
      withStore(options.home, async (store) => {
        const account = await existing(store, name)
        const password = await passwordFrom(options)
        await changePassword(store, account, password)
        if (options.generate) console.log(`password: ${password}`)
        console.log(`changed the password of ${account.name}`)
      }),
    )
  sub('list', 'all accounts with their messages and sizes')
    .option('--json', 'machine-readable output')
    .action(async (options: { home: string; json?: boolean }) =>
      withStore(options.home, (store) => printAccounts(store, options.json === true)),
    )
  sub('show <name>', 'what one account has, and may do')
    .option('--json', 'machine-readable output')
    .action(async (name: string, options: { home: string; json?: boolean }) =>
      withStore(options.home, async (store) => showAccount(store, await existing(store, name), options.json === true)),
    )
  sub('set <name>', 'change what an account may do')
    .option('--disable', 'no login, no delivery')
    .option('--enable', 'the opposite')
    .option('--administrator', 'may use the administrator pages (with a second factor)')
    .option('--no-administrator', 'the opposite')
    .option('--protocols <words>', 'only these: pop3 imap smtp http sieve; "all" for all')
    .option('--quota-bytes <n>', 'own limit, such as 500M or 1G; 0: none')
    .option('--quota-messages <n>', 'the same for the number of messages')
    .option('--remove-second-factor', 'for who lost the device and the recovery codes')
    .option(
      '--override <key=value>',
      'lock.mode, lock.wait, lock.takeover, login.app_passwords, forward, groups or shared; an empty value takes it out (repeatable)',
      gather,
      [],
    )
    .action(async (name: string, options: AccountChanges & { home: string }) =>
      withStore(options.home, async (store) => {
        const account = await existing(store, name)
        const done = await store.accounts.update(account.id, changeOf(options))
        if (!done.ok) throw new Error(`${name}: ${done.fault.kind}`)
        console.log(`changed ${account.name}`)
      }),
    )
  sub('remove <name>', 'remove the account with all its mail; it can be restored for `[bin] undelete_for`')
    .option('--yes', 'do not ask')
    .option('--erase', 'for ever, at once; also one that was removed')
    .action((name: string, options: Removing) => withDesk(options.home, (desk) => removeAccount(desk, name, options)))
  sub('removed', 'accounts that were removed and can be restored')
    .option('--json', 'machine-readable output')
    .action(({ home, json }: { home: string; json?: boolean }) =>
      withDesk(home, (desk) => printRemoved(desk, json === true)),
    )
  sub('restore <name>', 'bring back an account that was removed').action((name: string, { home }: { home: string }) =>
    withDesk(home, (desk) => restoreAccount(desk, name)),
  )
  return accounts
}
