import type { MailRoom } from '../mailbox/mailbox'
import type { Store } from '../store/store'
import { HOOK } from './host'
import type { Host } from './lines'
import { outboundOf } from './outbound'

interface Submission {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
}

/**
 * Mail that a user wrote here: to accounts of this server at once, to everybody else through Haraka's outbound queue. What is
 * refused is refused before anything is on its way.
 * @returns why nothing was sent; undefined: it is on its way
 */
export function submitter({ plugin, log }: Host, store: Store, room: MailRoom) {
  const isLocal = (domain: string): boolean => {
    const listed: unknown = plugin.config.get('host_list', 'list')
    return Array.isArray(listed) && listed.some((entry) => String(entry).toLowerCase() === domain)
  }

  async function queue(from: string, to: readonly string[], bytes: Buffer): Promise<string | undefined> {
    const outbound = outboundOf(plugin)
    if (!outbound) return 'There is no outbound queue.'
    return new Promise((resolve) => {
      // Haraka takes octets as latin1 text.
      outbound.send_email(
        `<${from}>`,
        to.map((one) => `<${one}>`),
        bytes.toString('binary'),
        (code, text) => {
          resolve(code === HOOK.ok ? undefined : `The queue refused it: ${String(text ?? 'no reason given')}`)
        },
      )
    })
  }

  return async ({ from, to, bytes }: Submission): Promise<string | undefined> => {
    const remote: string[] = []
    const local = new Map<string, string>()
    const unknown: string[] = []
    for (const recipient of to) {
      const account = await store.accounts.find(recipient)
      if (account && !account.disabled) local.set(account.id, recipient)
      else if (isLocal(recipient.slice(recipient.lastIndexOf('@') + 1).toLowerCase())) unknown.push(recipient)
      else remote.push(recipient)
    }
    if (unknown.length > 0) return `There is no such address here: ${unknown.join(', ')}`
    if (remote.length > 0) {
      const refused = await queue(from, remote, bytes)
      if (refused !== undefined) return refused
    }
    const failed: string[] = []
    for (const [id, recipient] of local) {
      // RFC 5321 4.4: the final delivery adds Return-Path.
      const trace = `Return-Path: <${from}>\r\nDelivered-To: ${recipient}\r\n`
      const account = await store.accounts.find(recipient)
      const done =
        account && (await room.deliver({ account: account.id, bytes: Buffer.concat([Buffer.from(trace), bytes]) }))
      if (done?.ok) continue
      log.warn(`delivery of ${from} to account ${id} failed: ${done ? done.fault.kind : 'gone'}`)
      failed.push(`${recipient} (${done?.fault.kind === 'over-quota' ? 'mailbox full' : 'not delivered'})`)
    }
    const nothing = failed.length === to.length
    return nothing ? `Nobody got it: ${failed.join(', ')}` : undefined
  }
}
