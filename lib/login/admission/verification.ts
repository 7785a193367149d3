import { Overloaded } from '../../processes/limiter'
import type { VerifyOutcome } from '../chain'
import { allowsProtocol, type Directory, type DirectoryEntry } from '../directory'
import type { Standing } from '../lockout/attempts'
import type { LoginPeer } from '../login'
import type { Checked, Credential } from './credential'

/** Whether a name is somebody's; `answered`: false when no directory could tell. */
interface Looked {
  readonly answered: boolean
  readonly entry: DirectoryEntry | undefined
}

/** @param complain told why a directory cannot answer */
export async function lookUp(
  user: string,
  lookup: Directory['lookup'],
  complain: (error: unknown) => void,
): Promise<Looked> {
  try {
    return { answered: true, entry: user === '' ? undefined : await lookup(user) }
  } catch (error) {
    complain(error)
    return { answered: false, entry: undefined }
  }
}

/** Our directories' say about one credential. */
export interface Verification {
  /** Asked once, by the chain or after it: the same answer every time. Never rejects. */
  verify(): Promise<VerifyOutcome>
  /** It was answered from memory. */
  remembered(): boolean
  /** Makes up for the time that memory saved. */
  pay(): Promise<unknown> | undefined
  /** Too many wait: nobody has looked. */
  busy(): boolean
  /** id of the app password that it was */
  appPassword(): string | undefined
}

interface VerificationPorts {
  readonly peer: LoginPeer
  readonly user: string
  readonly looked: Looked
  readonly credential: Credential
  readonly standing: Standing
  readonly complain: (error: unknown) => void
  /** whether only app passwords open this account here */
  readonly needsApp: (entry: DirectoryEntry) => boolean
}

/** Mechanisms that show the account's own password, or that one knows it. */
const BY_PASSWORD = /^(?:PASSWORD|PLAIN|LOGIN|SCRAM-.*)$/

export function createVerification(ports: VerificationPorts): Verification {
  const { peer, user, looked, credential, standing, complain, needsApp } = ports
  const { answered, entry } = looked
  let checked: Checked | undefined
  let busy = false
  let asked: Promise<VerifyOutcome> | undefined

  async function ask(): Promise<VerifyOutcome> {
    if (!answered) return 'unavailable'
    try {
      const open = entry !== undefined && !entry.disabled && allowsProtocol(entry, peer.protocol)
      // By the network alone: a lane that depended on the name would tell who exists while many wait.
      const lane = standing.goodNetwork ? 'first' : 'second'
      const onlyApps = entry !== undefined && BY_PASSWORD.test(credential.mechanism) && needsApp(entry)
      checked = await credential.check(entry, { user, careful: !open || standing.bar !== undefined, onlyApps, lane })
      if (!entry) return 'unknown'
      const { right, own = right && onlyApps && checked.appPassword === undefined } = checked
      if (own) return 'app-password-needed'
      if (!right) return 'wrong'
      if (entry.disabled) return 'disabled'
      return allowsProtocol(entry, peer.protocol) ? 'right' : 'protocol'
    } catch (error) {
      if (error instanceof Overloaded) busy = true
      else complain(error)
      return 'unavailable'
    }
  }

  return {
    verify: () => {
      asked ??= ask()
      return asked
    },
    remembered: () => checked?.pay !== undefined,
    pay: () => checked?.pay?.(),
    busy: () => busy,
    appPassword: () => checked?.appPassword,
  }
}
