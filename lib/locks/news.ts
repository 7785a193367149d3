import type { Answer } from './decisions'
import type { PeerMessage } from './ports'

/** What other processes than `self` must hear of an answer, each with the process. */
export function newsFor(self: string, account: string, { ended, granted }: Answer): (readonly [string, PeerMessage])[] {
  const news: (readonly [string, PeerMessage])[] = [
    ...ended.map(({ id, process }) => [process, { kind: 'end', account, id, reason: 'taken-over' }] as const),
    ...granted.map(({ id, process }) => [process, { kind: 'granted', account, id }] as const),
  ]
  return news.filter(([process]) => process !== self)
}
