import { quoted } from './account-name'
import type { LoginEvent, Tell } from './admission/report'
import type { Bar } from './lockout/lockout'
import type { NotifySettings } from './settings'

/** A mail as text; whoever sends it composes the message. */
export interface Notice {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface NoticePorts {
  readonly settings: NotifySettings
  /** used when `notify.from` is empty */
  readonly from: string
  /** whether this is an account of ours: nobody else gets mail, whatever was typed */
  readonly isAccount: (user: string) => Promise<boolean>
  /** Must not reject. */
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => number
}

const MAX_REMEMBERED = 10_000

/** Mails about new bars: to the administrator about each, to the owner about its account; rate-limited, so that an attacker cannot flood them. */
export function createNotices({ settings, from, isAccount, send, now }: NoticePorts): Tell {
  const told = new Map<string, number>()

  function due(key: string): boolean {
    const at = now()
    const last = told.get(key)
    if (last !== undefined && at - last < settings.every) return false
    told.delete(key)
    told.set(key, at)
    for (const [old, when] of told) {
      if (told.size <= MAX_REMEMBERED && at - when < settings.every) break
      told.delete(old)
    }
    return true
  }
  const mail = (to: string, subject: string, text: string): Promise<void> =>
    send({ from: settings.from || from, to, subject, text })

  async function tell(bar: Bar, event: LoginEvent): Promise<void> {
    if (settings.admin !== '' && due(`admin ${bar.scope} ${bar.subject}`)) {
      await mail(settings.admin, `Logins barred: ${quoted(bar.subject)}`, adminText(bar, event))
    }
    const { user } = event
    if (settings.owner && bar.scope !== 'address' && (await isAccount(user)) && due(`owner ${user}`)) {
      await mail(user, 'Somebody tries to log in to your mail account', ownerText(bar, event))
    }
  }
  return (bar, event) => {
    tell(bar, event).catch(() => undefined)
  }
}

const utc = (at: number): string => `${new Date(at).toISOString().replace('T', ' ').slice(0, 16)} UTC`

function adminText(bar: Bar, { user, peer, mechanism }: LoginEvent): string {
  return [
    `${bar.failures} ${bar.scope === 'recipients' ? 'unknown recipients' : 'failed logins'}: ${quoted(bar.subject)} is refused until ${utc(bar.until)} (${bar.scope}).`,
    '',
    `Last attempt: name ${quoted(user)} from ${peer.address} by ${peer.protocol} (${mechanism}).`,
    '',
    'Nothing has to be done: it ends by itself. To end it now:',
    `  haraka-mailbox lockouts clear ${bar.scope === 'address' || bar.scope === 'recipients' ? peer.address : quoted(user)}`,
    '',
  ].join('\n')
}

function ownerText(bar: Bar, { peer }: LoginEvent): string {
  const what =
    bar.scope === 'spread'
      ? `Many networks tried wrong passwords for your account. Until ${utc(bar.until)} you can log in only from places where you did so before.`
      : `A wrong password was tried ${bar.failures} times from ${peer.address} (${peer.protocol}). From there nobody can log in to your account until ${utc(bar.until)}, with the right password neither.`
  return [
    what,
    '',
    'If that was you: wait, or correct the password in your mail program. Devices elsewhere are not concerned.',
    'If it was not: your account is still closed to them. A long password that you use nowhere else keeps it so.',
    'Your administrator can end this earlier.',
    '',
  ].join('\n')
}
