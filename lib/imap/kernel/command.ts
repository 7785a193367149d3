import type { Cursor } from '../wire/cursor'
import { bad, type Reply } from './reply'
import type { Session } from './session'
import type { Slots } from './slots'
import type { State, StateIn, StateName } from './state'

/** What a command does with its arguments, once they are read. */
interface Context<Names extends StateName = StateName> {
  readonly session: Session
  readonly slots: Slots
  readonly state: StateIn<Names>
  readonly tag: string
}

/** RFC 9051 7.5.1: `hold` while sequence numbers are in use (FETCH, STORE, SEARCH and so on) */
export type Expunges = 'say' | 'hold' | 'none'

/** A command whose arguments are read. */
export interface Prepared {
  readonly expunges: Expunges
  run(tag: string): Promise<Reply>
}

/** A row of the command table: facts that dispatch checks. */
export interface Command {
  readonly name: string
  readonly rfc: string
  readonly states: readonly StateName[]
  /** what its arguments and answers speak of; responses that dispatch adds to `uid` carry UIDs */
  readonly by: 'seq' | 'uid' | undefined
  /** it is no work: it waits for the client */
  readonly waits: boolean
  /** Reads the arguments (throws BadSyntax) and gives what is to be done. */
  prepare(cursor: Cursor, session: Session, slots: Slots): Prepared
}

export interface Definition<Names extends StateName, Args> {
  readonly name: string
  readonly rfc: string
  readonly states: readonly Names[]
  readonly expunges?: Expunges | ((args: Args) => Expunges)
  readonly by?: 'seq' | 'uid'
  readonly waits?: boolean
  parse(cursor: Cursor, session: Session, slots: Slots): Args
  run(context: Context<Names>, args: Args): Promise<Reply>
}

export function defineCommand<Names extends StateName, Args>(definition: Definition<Names, Args>): Command {
  const { name, rfc, states, expunges = 'say', by, waits = false } = definition
  const isOurs = (state: State): state is StateIn<Names> => states.some((own) => own === state.name)
  return {
    name,
    rfc,
    states,
    by,
    waits,
    prepare: (cursor, session, slots) => {
      const args = definition.parse(cursor, session, slots)
      cursor.end()
      return {
        expunges: typeof expunges === 'function' ? expunges(args) : expunges,
        run: async (tag) => {
          const { state } = session
          if (!isOurs(state)) return bad('Not in this state')
          return definition.run({ session, slots, state, tag }, args)
        },
      }
    },
  }
}

export const nothing = (): undefined => undefined
