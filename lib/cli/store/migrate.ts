import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command, Option } from 'commander'
import { storeDriverNames } from '../../store/drivers'
import { type Transferred, transferStore } from '../../store/transfer'
import { dataFolder, type Home } from '../../wiring/home'
import { findStoreDriver, storePlace } from '../../wiring/store'
import { homeOption, openHome } from '../home'
import { openAlone } from './offline'

/** Says what was begun, so that only the same migration may go on in a store that is not empty. */
function markOf(home: Home, from: string, to: string): { readonly file: string; readonly text: string } {
  const ends = [from, to].map((name) => findStoreDriver(home, name).address(storePlace(home)))
  const address = createHash('sha256').update(ends.join('\n')).digest('hex')
  return {
    file: path.join(dataFolder(home), 'migrate.json'),
    text: `${JSON.stringify({ from, to, address })}\n`,
  }
}

const count = (number: number, what: string, plural = `${what}s`): string => `${number} ${number === 1 ? what : plural}`

const lineOf = ({ name, how, mailboxes, messages, octets, sha256 }: Transferred): string =>
  `${name}: ${how}, ${count(mailboxes, 'mailbox', 'mailboxes')}, ${count(messages, 'message')}, ${count(octets, 'octet')}, SHA-256 ${sha256}`

async function migrate(home: Home, from: string, to: string): Promise<void> {
  if (from === to) throw new Error('--from and --to are the same')
  const mark = markOf(home, from, to)
  const source = await openAlone(home, from)
  try {
    const target = await openAlone(home, to)
    try {
      const begun = existsSync(mark.file) && readFileSync(mark.file, 'utf8') === mark.text
      if (!begun && (await target.accounts()).length > 0) {
        throw new Error(`the ${to} store has accounts already: migrate only fills an empty one`)
      }
      writeFileSync(mark.file, mark.text, { mode: 0o600, flush: true })
      const done = await transferStore(source, target, (account) => console.log(lineOf(account)))
      rmSync(mark.file)
      const messages = done.reduce((sum, one) => sum + one.messages, 0)
      const octets = done.reduce((sum, one) => sum + one.octets, 0)
      console.log(
        `${count(done.length, 'account')}, ${count(messages, 'message')}, ${count(octets, 'octet')}: counts and SHA-256 agree`,
      )
      console.log(`now set driver = ${to} in mailbox_store.ini; the ${from} store is as it was`)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** `haraka-mailbox migrate`: the whole store into another driver, all numbers kept. */
export function migrateCommand(): Command {
  const driver = (flag: string, text: string): Option =>
    new Option(`${flag} <driver>`, `${text}: ${storeDriverNames.join(', ')}, or a package`).makeOptionMandatory()
  return new Command('migrate')
    .description(
      'copy all accounts and mail into another store while Haraka is stopped; run it again after an interruption',
    )
    .addOption(homeOption())
    .addOption(driver('--from', 'the store that is left'))
    .addOption(driver('--to', 'the store that is filled; must be empty'))
    .action(({ home, from, to }: { home: string; from: string; to: string }) => migrate(openHome(home), from, to))
}
