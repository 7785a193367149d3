import type { Lane } from '../../processes/limiter'
import type { Directory, DirectoryEntry } from '../directory'
import type { SecondFactor } from '../login'

/** How one credential is checked: by password, or by an exchange that has checked it already. */
export interface Credential {
  readonly user: string
  readonly mechanism: string
  /** clear password, or empty */
  readonly password: string
  /** tells wrong credentials apart without keeping them; undefined: they cannot be told apart (SCRAM) */
  readonly distinct: string | undefined
  /** SCRAM only */
  readonly provedWith?: ((password: string) => Promise<boolean>) | undefined
  /** asked once the credential is right */
  readonly second?: SecondFactor | undefined
  /** absent: in all directories */
  readonly lookup?: Directory['lookup']
  check(entry: DirectoryEntry | undefined, how: HowToCheck): Promise<Checked>
}

interface HowToCheck {
  /** the name as `accountName` writes it; empty: nobody can have it */
  readonly user: string
  /** whoever is refused anyway gets no quick answer from memory */
  readonly careful: boolean
  /** the account's own password does not open here */
  readonly onlyApps: boolean
  readonly lane: Lane
}

export interface Checked {
  readonly right: boolean
  /** answered from memory: when it is refused after all, `pay()` makes up for the time */
  readonly pay?: (() => Promise<unknown>) | undefined
  /** it is the account's own password, where only app passwords open */
  readonly own?: boolean | undefined
  /** id of the app password that was given */
  readonly appPassword?: string | undefined
}
