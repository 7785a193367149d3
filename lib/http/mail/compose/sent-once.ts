import type { AccountMail } from '../../../mailbox/mailbox'
import { DAY } from '../../../terms/calendar'
import { Refused } from '../../../web/kernel/faults'

/** Milliseconds for which the same message is not sent once more. */
const REMEMBERED = 30 * DAY
/** Milliseconds after which a process that was sending is thought to be gone. */
const BEING_SENT = 3 * 60_000

type Marked = Pick<AccountMail, 'marks'>
const sentMark = (name: string): string => `sent ${name}`

export const wasSent = async ({ marks }: Marked, name: string | undefined): Promise<boolean> =>
  name !== undefined && marks.has(sentMark(name))

/**
 * A browser whose connection broke asks again under the same name, and cannot know whether the message went: it is handed over
 * once, of two requests at the same time too. Throws 503 while another one is at it.
 * @param run is given what is to be called when it was handed over
 * @returns undefined: it was sent before
 */
export async function sentOnce<T>(
  { marks }: Marked,
  name: string | undefined,
  run: (isSent: () => Promise<void>) => Promise<T>,
): Promise<T | undefined> {
  if (name === undefined) return run(async () => undefined)
  const [sent, sending] = [sentMark(name), `sending ${name}`]
  if (!(await marks.claim(sending, BEING_SENT))) {
    if (await marks.has(sent)) return undefined
    throw new Refused(503, 'busy', 'This message is being sent already.')
  }
  try {
    if (await marks.has(sent)) return undefined
    // Sent is sent: what fails from here on must not make anybody send it again.
    return await run(() => marks.set(sent, REMEMBERED).catch(() => undefined))
  } finally {
    await marks.set(sending, 0).catch(() => undefined)
  }
}
