import assert from 'node:assert/strict'
import { type Kit, Wire } from '../kit'

/** A client that keeps what it knows of INBOX between its visits (RFC 7162 6). */

/** what it says of itself when it comes back */
export type Knows = 'modseq' | 'nothing' | 'match' | 'uids'

/** One command and everything up to its tagged response. */
export function talker(wire: Wire): (command: string) => Promise<string> {
  let serial = 0
  return (command) => {
    const tag = `t${++serial}`
    wire.send(`${tag} ${command}\r\n`)
    return wire.until(new RegExp(`^${tag} (OK|NO|BAD).*\\r\\n`, 'm'))
  }
}

export const numbersIn = (set: string): number[] =>
  set.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number)
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })

/** Flags by UID, without \Recent: no mod-sequence tells of that. */
export function fetched(text: string): Map<number, string> {
  const found = new Map<number, string>()
  for (const [, uid, flags = ''] of text.matchAll(/^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\)/gm)) {
    found.set(Number(uid), flags.replace(/\\Recent ?/, '').trim())
  }
  return found
}
const code = (text: string, name: string): number => Number(new RegExp(`\\[${name} (\\d+)\\]`).exec(text)?.[1])

export class Client {
  known = new Map<number, string>()
  modSeq = 0
  validity = 0

  /** parameters of SELECT */
  asks(knows: Knows): string {
    const uids = [...this.known.keys()].sort((a, b) => a - b)
    const set = uids.length > 0 ? ` ${uids.join(',')}` : ''
    if (knows === 'modseq') return `${this.validity} ${this.modSeq}`
    if (knows === 'uids') return `${this.validity} ${this.modSeq}${set}`
    // A number that the server cannot know: it must tell all that is gone.
    if (knows === 'nothing' || uids.length === 0) return `${this.validity} 999999999${set}`
    return `${this.validity} 999999999${set} (${uids.map((_uid, index) => index + 1).join(',')} ${uids.join(',')})`
  }
  takes(text: string): void {
    for (const [, set = ''] of text.matchAll(/^\* VANISHED \(EARLIER\) (\S+)\r$/gm)) {
      for (const uid of numbersIn(set)) this.known.delete(uid)
    }
    for (const [uid, flags] of fetched(text)) this.known.set(uid, flags)
  }
}

export async function visit(kit: Kit, name: string, client: Client, knows: 'first' | Parameters<Client['asks']>[0]) {
  const wire = new Wire(kit.imap)
  const say = talker(wire)
  await say(`LOGIN ${name} pass`)
  await say('ENABLE QRESYNC')
  const text = await say(`EXAMINE INBOX${knows === 'first' ? '' : ` (QRESYNC (${client.asks(knows)}))`}`)
  client.takes(text)
  client.modSeq = code(text, 'HIGHESTMODSEQ')
  client.validity = code(text, 'UIDVALIDITY')
  const last = Math.max(0, ...client.known.keys())
  // What a client with a number from nowhere must do as well: its flags are not of that number.
  const flags = knows === 'modseq' || knows === 'uids' ? `${last + 1}:*` : '1:*'
  for (const [uid, value] of fetched(await say(`UID FETCH ${flags} (FLAGS)`))) client.known.set(uid, value)
  const truth = fetched(await say('UID FETCH 1:* (FLAGS)'))
  assert.deepEqual(
    [...client.known].sort((a, b) => a[0] - b[0]),
    [...truth],
  )
  wire.close()
}
