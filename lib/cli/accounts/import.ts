import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ldapAddresses } from '../../login/directories/ldap'
import { passwdLines } from '../../login/directories/passwd-file'
import { readLoginSettings } from '../../wiring/login'
import { homeOption, openHome } from '../home'
import { type BringOptions, bringAccounts } from './bring'

const command = (name: string, text: string): Command =>
  new Command(name).description(text).addOption(homeOption()).option('--dry-run', 'only say what would happen')

const withPasswords = (name: string, text: string): Command =>
  command(name, text)
    .option('--domain <name>', 'of names without one')
    .option('--replace', 'also for accounts that have a password already')

/** `accounts import-passwd`, `import-flat-file`, `import-ldap`: whose users become accounts. */
export const importAccountCommands = (): readonly Command[] => [
  withPasswords(
    'import-passwd',
    'make accounts of a Dovecot passwd-file, with their passwords as they are hashed there',
  )
    .argument('<file>')
    .action(async (file: string, options: BringOptions) => {
      const home = openHome(options.home)
      await bringAccounts(home, passwdLines(readFileSync(file, 'utf8')), options)
    }),
  withPasswords(
    'import-flat-file',
    "make accounts of Haraka's config/auth_flat_file.ini; the clear passwords are hashed",
  ).action(async (options: BringOptions) => {
    const home = openHome(options.home)
    const { users } = home.ini('auth_flat_file')
    const lines = Object.entries(typeof users === 'object' && users !== null ? users : {})
    const found = lines.flatMap(([name, password]) =>
      password ? [{ name: name.toLowerCase(), verifier: `{PLAIN}${password}` }] : [],
    )
    await bringAccounts(home, found, options)
  }),
  command(
    'import-ldap',
    'make an account, without a password of its own, for every address that [ldap] of mailbox_login.ini finds',
  ).action(async (options: BringOptions) => {
    const home = openHome(options.home)
    const { ldap } = readLoginSettings(home)
    if (!ldap) throw new Error('mailbox_login.ini does not have ldap among its directories')
    const names = await ldapAddresses(ldap)
    await bringAccounts(
      home,
      names.map((name) => ({ name, verifier: undefined })),
      options,
    )
  }),
]
