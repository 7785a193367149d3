import type { Access } from '../../../lib/locks/locks'

/**
 * What happened to locks of several processes, in lines of JSON: one clock for all, milliseconds; `call` when it was asked, `return`
 * when the answer came, without it when none did. A lease is named by the one who asked for it, so that a grant whose answer was lost
 * has a name too.
 *
 * ```
 * {"kind":"acquire","process":0,"account":"a","lease":7,"access":"exclusive","call":1.5,"return":2.1,"outcome":"granted","fence":1790000000000000}
 * {"kind":"open","account":"a","lease":7,"fence":1790000000000000,"call":2.2,"return":2.2}            the store is told the fence
 * {"kind":"quit","account":"a","lease":7,"fence":1790000000000000,"call":3,"return":3,"outcome":"deleted"}     or "refused"
 * {"kind":"release","account":"a","lease":7,"call":3.1,"return":3.5}
 * {"kind":"kick","account":"a","call":4,"return":4.4}
 * {"kind":"fault","fault":"stop","process":1,"from":5,"to":6.2}     stop, cut, kill; to: when it went on
 * ```
 */
export type Recorded =
  | {
      readonly kind: 'acquire'
      readonly process: number
      readonly account: string
      readonly lease: number
      readonly access: Access
      readonly call: number
      /** `unknown`: an answer that tells nothing of the table, or none */
      readonly outcome: 'granted' | 'held' | 'unknown'
      readonly return?: number
      readonly fence?: number
    }
  | {
      readonly kind: 'open' | 'quit'
      readonly account: string
      readonly lease: number
      readonly fence: number
      readonly call: number
      readonly return: number
      readonly outcome?: 'deleted' | 'refused'
    }
  | { readonly kind: 'release'; readonly account: string; readonly lease: number; call: number; return?: number }
  | { readonly kind: 'kick'; readonly account: string; readonly call: number; readonly return?: number }
  | {
      readonly kind: 'fault'
      readonly fault: 'stop' | 'cut' | 'kill'
      readonly process: number
      readonly from: number
      readonly to?: number
    }

export const linesOf = (history: readonly Recorded[]): string => history.map((each) => JSON.stringify(each)).join('\n')
export const parseLines = (text: string): Recorded[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Recorded => JSON.parse(line))
