import type { Reply } from './faults'
import type { Session, State } from './session'
import type { Cursor } from './wire/cursor'

export type StateName = State['name']
type StateIn<Names extends StateName> = Extract<State, { name: Names }>

/** What a command does with its arguments, once they are read. */
export interface Context<Names extends StateName = StateName> {
  readonly session: Session
  readonly state: StateIn<Names>
  readonly tag: string
}

/** A row of the command table: facts that dispatch checks. */
export interface Command {
  readonly name: string
  readonly rfc: string
  readonly states: readonly StateName[]
  /** RFC 9051 7.5.1: `hold` while sequence numbers are in use (FETCH, STORE, SEARCH and so on) */
  readonly expunges: 'say' | 'hold' | 'none'
  /** whether responses that dispatch adds carry UIDs */
  readonly uid: boolean
  /** Reads the arguments (throws BadSyntax) and gives what is to be done. */
  prepare(cursor: Cursor, session: Session): (tag: string) => Promise<Reply>
}

export interface Definition<Names extends StateName, Args> {
  readonly name: string
  readonly rfc: string
  readonly states: readonly Names[]
  readonly expunges?: Command['expunges']
  readonly uid?: boolean
  parse(cursor: Cursor, session: Session): Args
  run(context: Context<Names>, args: Args): Promise<Reply>
}

export function defineCommand<Names extends StateName, Args>(definition: Definition<Names, Args>): Command {
  const { name, rfc, states, expunges = 'say', uid = false } = definition
  const isOurs = (state: State): state is StateIn<Names> => states.some((one) => one === state.name)
  return {
    name,
    rfc,
    states,
    expunges,
    uid,
    prepare: (cursor, session) => {
      const args = definition.parse(cursor, session)
      cursor.end()
      return async (tag) => {
        const { state } = session
        if (!isOurs(state)) return { kind: 'bad', text: 'Not in this state' }
        return definition.run({ session, state, tag }, args)
      }
    },
  }
}

export const nothing = (): undefined => undefined
