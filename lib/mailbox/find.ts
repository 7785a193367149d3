import { bodyText, headerText, headerValue } from '../mime/search-text'
import { textParts } from '../mime/text'
import { fromIndex, type IndexFacts, type KeyFacts, matches, type SearchKey, type StoredFacts } from '../search/key'
import type { MessageRow, Store } from '../store/store'
import { uid } from '../terms/numbers'
import type { AccountMail, View } from './mailbox'

/** What is searched. */
export interface Searched {
  readonly store: Store
  readonly mail: AccountMail
  readonly view: View
}

/** Messages whose keys are read at once. */
const BATCH = 500
/** Messages that are decided from memory before others get a turn. */
const TURN = 20_000

const factsAt = (view: View, seq: number): IndexFacts => ({
  seq,
  uid: view.uidAt(seq),
  flags: view.flagsAt(seq),
  recent: view.isRecent(seq),
  modSeq: view.modSeqAt(seq),
  size: view.sizeAt(seq),
  internalDate: view.internalDateAt(seq),
})

/** What must be read of one message, when it is asked for and once. */
function storedFacts(mail: AccountMail, view: View, number: number, known: KeyFacts | undefined): StoredFacts {
  let row: Promise<MessageRow | undefined> | undefined
  let header: Promise<Buffer | undefined> | undefined
  async function readRow(): Promise<MessageRow | undefined> {
    for await (const [one] of mail.rows(view, [uid(number)])) return one
    return undefined
  }
  const theRow = (): Promise<MessageRow | undefined> => {
    row ??= readRow()
    return row
  }
  const theHeader = (): Promise<Buffer | undefined> => {
    header ??= theRow().then(
      (one) => one && (one.prepared.header ?? mail.read(one.emailId, 0, one.prepared.headerSize)),
    )
    return header
  }
  return {
    keys: async () => known,
    header: async (name) => {
      const octets = await theHeader()
      return octets && headerValue(octets, name)
    },
    headerText: async () => headerText((await theHeader()) ?? Buffer.alloc(0)),
    bodyText: async () => {
      const one = await theRow()
      if (!one) return ''
      const texts: string[] = []
      for (const part of textParts(one.prepared.structure)) {
        const octets = await mail.read(one.emailId, part.bodyStart, part.bodyEnd)
        if (octets) texts.push(bodyText(part, octets))
      }
      return texts.join('\n')
    },
  }
}

async function keysOf({ store, mail, view }: Searched, seqs: readonly number[]): Promise<Map<number, KeyFacts>> {
  const known = new Map<number, KeyFacts>()
  const uids = seqs.map((seq) => view.uidAt(seq))
  for await (const rows of store.messages.keys(mail.id, view.mailbox.id, uids)) {
    for (const { uid: number, keys, emailId, threadId, saveDate } of rows)
      known.set(number, { ...keys, emailId, threadId, saveDate })
  }
  return known
}

/** Of these messages, which the index did not decide, the ones that match. */
async function decide(
  searched: Searched,
  key: SearchKey,
  facts: readonly IndexFacts[],
  now: number,
): Promise<number[]> {
  const known = await keysOf(
    searched,
    facts.map(({ seq }) => seq),
  )
  const found: number[] = []
  for (const one of facts) {
    const keys = known.get(one.uid)
    // Gone since: it matches nothing, not even NOT.
    if (!keys) continue
    const quick = fromIndex(key, one, now, keys)
    if (quick ?? (await matches(key, one, storedFacts(searched.mail, searched.view, one.uid, keys), now)))
      found.push(one.seq)
  }
  return found
}

/**
 * Runs a search program over a view's window: from the index, then from kept keys, then from octets.
 * @param now milliseconds since 1970
 * @param progress told now and then how many messages were looked at
 * @returns ascending sequence numbers of what matches
 */
export async function find(
  searched: Searched,
  key: SearchKey,
  now: number,
  progress?: (seq: number) => void,
): Promise<number[]> {
  const { view } = searched
  const found: number[] = []
  let open: IndexFacts[] = []
  for (let seq = 1; seq <= view.exists; seq++) {
    const facts = factsAt(view, seq)
    const quick = fromIndex(key, facts, now)
    if (quick) found.push(seq)
    else if (quick === undefined && open.push(facts) >= BATCH) {
      found.push(...(await decide(searched, key, open, now)))
      open = []
      progress?.(seq)
    }
    if (seq % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  found.push(...(await decide(searched, key, open, now)))
  return found.sort((a, b) => a - b)
}
