import { gramsOf } from '../../../lib/search/text-grams'
import { named, rowsOf, value } from '../../../lib/store/conformance/fixtures'
import { openSqliteStore } from '../../../lib/store/sqlite'
import type { Mailbox, MessageRow, Store } from '../../../lib/store/store'
import { textOf } from '../../../lib/terms/errors'
import type { AccountId } from '../../../lib/terms/names'
import { answerOrders } from '../../record/opener'
import { messageOf, type Place } from './facts'

/** A store to open after a power cut, and what was told before. */
export interface StoreImageOrder {
  readonly folder: string
  readonly account: string | undefined
  readonly mailboxes: readonly (readonly [name: string, there: 'yes' | 'perhaps' | 'no'])[]
  readonly places: readonly Place[]
  readonly marks: readonly string[]
}

async function lookAtMailbox(
  store: Store,
  id: AccountId,
  mailbox: Mailbox,
  places: readonly Place[],
  faults: string[],
): Promise<void> {
  const rows = new Map((await rowsOf(store, id, mailbox)).map((row) => [Number(row.uid), row]))
  for (const place of places) await lookAtPlace(store, id, place, rows.get(place.uid), faults)
  for (const row of rows.values()) {
    const grams = gramsOf('body', row.prepared.preview)
    const may = grams && (await store.texts?.mayHave(id, mailbox.id, [grams], 'messages'))
    if (may && !may.includes(row.uid)) faults.push(`the text index does not know ${mailbox.name} ${row.uid}`)
  }
  const highest = Math.max(0, ...places.map(({ uid }) => uid))
  const added = await store.messages.append(id, mailbox.id, [messageOf('after', 100)])
  const [uid = 0] = value(added).value
  if (uid <= highest) faults.push(`${mailbox.name} gives UID ${uid} once more, ${highest} was told`)
}

async function lookAtPlace(
  store: Store,
  id: AccountId,
  { mailbox, uid, text, size, there }: Place,
  row: MessageRow | undefined,
  faults: string[],
): Promise<void> {
  const what = `${mailbox} ${uid} (${text})`
  if (!row) {
    if (there === 'yes') faults.push(`${what} is lost`)
    return
  }
  if (there === 'no') faults.push(`${what} is there again`)
  if (row.prepared.preview !== text) faults.push(`${what} is ${row.prepared.preview}`)
  const { bytes } = messageOf(text, size)
  const octets = await store.messages.read(id, row.emailId, 0, bytes.length)
  if (!octets?.equals(bytes)) faults.push(`${what} has other octets`)
}

async function look(order: StoreImageOrder): Promise<readonly string[]> {
  const faults: string[] = []
  const store = await openSqliteStore({ path: order.folder })
  const account = await store.accounts.find(order.account ?? 'nobody')
  if (account) {
    faults.push(...(await store.check(account.id)))
    const names = new Map((await store.mailboxes.list(account.id)).map((mailbox) => [mailbox.name, mailbox]))
    for (const [name, there] of order.mailboxes) {
      if (there !== 'perhaps' && names.has(name) !== (there === 'yes'))
        faults.push(`mailbox ${name}: ${there} was told`)
    }
    for (const name of new Set(order.places.map(({ mailbox }) => mailbox))) {
      const places = order.places.filter(({ mailbox }) => mailbox === name)
      await lookAtMailbox(store, account.id, await named(store, account.id, name), places, faults)
    }
    for (const what of order.marks) {
      if (!(await store.marks.has(account.id, { what, at: Date.now() }))) faults.push(`${what} is lost`)
    }
    faults.push(...(await store.check(account.id)))
  } else if (order.account !== undefined) faults.push('the account is lost')
  await store.close()
  return faults
}

answerOrders(async (order: StoreImageOrder) => {
  try {
    return await look(order)
  } catch (error) {
    return [`cannot be used: ${textOf(error)}`]
  }
})
