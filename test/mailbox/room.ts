import assert from 'node:assert/strict'
import type { Lease, Locks } from '../../lib/locks/locks'
import { localBus } from '../../lib/mailbox/bus/local-bus'
import { createMailRoom, type MailRoomOptions } from '../../lib/mailbox/mail-room'
import type { AccountMail, MailRoom, Update, View } from '../../lib/mailbox/mailbox'
import { type MailboxSettings, mailboxSettings } from '../../lib/mailbox/settings'
import type { PreparedMessage } from '../../lib/mime/prepared'
import type { Store } from '../../lib/store/store'
import type { Fault, Result } from '../../lib/terms/fault'
import type { FlagSet } from '../../lib/terms/flags'
import { fence } from '../../lib/terms/numbers'
import { noMetrics, silentLog, systemClock } from '../../lib/terms/ports'

/** Knows where the header ends, and nothing else. */
export function plainPrepare(bytes: Buffer): PreparedMessage {
  const end = bytes.indexOf('\r\n\r\n')
  const headerSize = end < 0 ? bytes.length : end + 4
  const keys = {
    subject: '',
    from: '',
    to: '',
    cc: '',
    bcc: '',
    sentAt: undefined,
    sentDay: undefined,
    messageId: '',
    inReplyTo: '',
    references: [],
    baseSubject: '',
    isReply: false,
    sortFrom: '',
    sortTo: '',
    sortCc: '',
    displayFrom: '',
    displayTo: '',
  }
  const structure = {
    type: 'text',
    subtype: 'plain',
    params: [],
    encoding: '7bit',
    headerStart: 0,
    bodyStart: headerSize,
    bodyEnd: bytes.length,
    lines: 0,
    children: [],
  }
  const nil = Buffer.from('NIL')
  return { size: bytes.length, headerSize, envelope: nil, bodyStructure: nil, body: nil, structure, keys, preview: '' }
}

export interface OpenLocks extends Locks {
  readonly requests: Parameters<Locks['acquire']>[0][]
  /** the leases that are held, newest last */
  readonly held: { readonly lease: Lease; lose(): void }[]
}

/** Grants everything, with fences that grow. */
export function openLocks(): OpenLocks {
  let last = 0
  const requests: OpenLocks['requests'] = []
  const held: OpenLocks['held'] = []
  async function acquire(request: OpenLocks['requests'][number]): Promise<{ ok: true; value: Lease }> {
    requests.push(request)
    const ended = new AbortController()
    const lease: Lease = {
      id: `l${++last}`,
      account: request.account,
      access: request.access,
      fence: fence(last),
      lost: ended.signal,
      touch() {},
      describe() {},
      async release() {
        const at = held.findIndex((one) => one.lease === lease)
        if (at >= 0) held.splice(at, 1)
      },
    }
    held.push({ lease, lose: () => ended.abort('expired') })
    return { ok: true, value: lease }
  }
  return {
    driver: 'open',
    requests,
    held,
    acquire,
    async hold(request, run) {
      const lease = await acquire(request)
      return { ok: true, value: await run(lease.value) }
    },
    list: async () => [],
    kick: async () => 0,
    close: async () => {},
  }
}

export interface RoomOptions extends Partial<Omit<MailRoomOptions, 'store' | 'settings'>> {
  readonly settings?: Partial<MailboxSettings>
}

export function roomOver(store: Store, options: RoomOptions = {}): MailRoom {
  return createMailRoom({
    locks: openLocks(),
    bus: localBus(),
    prepare: plainPrepare,
    clock: systemClock,
    log: silentLog,
    metrics: noMetrics,
    ...options,
    store,
    settings: { ...mailboxSettings({}), safetyPoll: 0, ...options.settings },
  })
}

export const mailOf = (room: MailRoom, id = 'a1', overrides: Readonly<Record<string, string>> = {}): AccountMail =>
  room.account({ id, name: 'a@example.org', overrides, admin: false })

/** The value of a result that a test expects to be one. */
export function value<T, F = Fault>(result: Result<T, F>): T {
  if (result.ok) return result.value
  throw new Error(`unexpected fault ${JSON.stringify(result.fault)}`)
}

/** What a client knows: it numbers by what it was told, and asks for the flags of new messages. */
export interface Client {
  readonly messages: { uid: number; flags: FlagSet }[]
  hear(updates: readonly Update[]): void
}

export function createClient(view: View): Client {
  const messages: Client['messages'] = []
  function fetchNew(count: number): void {
    assert.ok(count >= messages.length, 'RFC 9051 7.4.1: EXISTS never tells of fewer messages')
    while (messages.length < count) {
      const seq = messages.length + 1
      messages.push({ uid: view.uidAt(seq), flags: view.flagsAt(seq) })
    }
  }
  fetchNew(view.exists)
  return {
    messages,
    hear(updates) {
      for (const update of updates) {
        if (update.kind === 'exists') {
          fetchNew(update.count)
          continue
        }
        const known = messages[update.seq - 1]
        assert.equal(known?.uid, update.uid, `${update.kind} names message ${update.seq}`)
        if (update.kind === 'expunge') messages.splice(update.seq - 1, 1)
        else messages[update.seq - 1] = { uid: update.uid, flags: update.flags }
      }
    },
  }
}
