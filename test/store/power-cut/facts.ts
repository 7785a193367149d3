import { message } from '../../../lib/store/conformance/fixtures'
import type { NewMessage } from '../../../lib/store/store'

/** What a process of the storm on a store asked and was told. Mailboxes by name; they are never deleted but for those that it says. */
export type StoreNote =
  | { readonly is: 'account'; readonly name: string }
  | {
      readonly is: 'stored'
      readonly mailbox: string
      readonly uid: number
      readonly text: string
      readonly size: number
    }
  | { readonly is: 'to-remove'; readonly mailbox: string; readonly uid: number }
  | { readonly is: 'removed'; readonly mailbox: string; readonly uid: number }
  | { readonly is: 'mailbox'; readonly name: string }
  | { readonly is: 'mailbox-to-remove'; readonly name: string }
  | { readonly is: 'mailbox-removed'; readonly name: string }
  | { readonly is: 'mark'; readonly what: string }

/** Where messages are, of all processes. */
export const MAILBOXES = ['INBOX', 'Other', 'Third'] as const

/** What is known of a message in a mailbox. */
export interface Place {
  readonly mailbox: string
  readonly uid: number
  readonly text: string
  readonly size: number
  /** `perhaps`: it was asked to be removed */
  there: 'yes' | 'perhaps' | 'no'
}

/** What a power cut may take back of it, and what not. */
export class Facts {
  readonly accounts = new Set<string>()
  readonly places = new Map<string, Place>()
  readonly mailboxes = new Map<string, 'yes' | 'perhaps' | 'no'>()
  readonly marks = new Set<string>()
  /** of removals that were asked before it was told that it is stored */
  private readonly early = new Map<string, 'perhaps' | 'no'>()

  hear(note: StoreNote): void {
    switch (note.is) {
      case 'account':
        this.accounts.add(note.name)
        return
      case 'stored': {
        const { mailbox, uid, text, size } = note
        const key = keyOf(note)
        this.places.set(key, { mailbox, uid, text, size, there: this.early.get(key) ?? 'yes' })
        return
      }
      case 'to-remove':
        return this.remove(keyOf(note), 'perhaps')
      case 'removed':
        return this.remove(keyOf(note), 'no')
      case 'mailbox':
        this.mailboxes.set(note.name, 'yes')
        return
      case 'mailbox-to-remove':
        this.mailboxes.set(note.name, 'perhaps')
        return
      case 'mailbox-removed':
        this.mailboxes.set(note.name, 'no')
        return
      case 'mark':
        this.marks.add(note.what)
        return
    }
  }

  private remove(key: string, there: 'perhaps' | 'no'): void {
    const place = this.places.get(key)
    if (!place) this.early.set(key, there)
    else if (place.there !== 'no') place.there = there
  }
}

const keyOf = ({ mailbox, uid }: { readonly mailbox: string; readonly uid: number }): string => `${mailbox} ${uid}`

/** A message of about that size, whose octets can be made again. */
export function messageOf(text: string, size: number): NewMessage {
  const small = message(text)
  const bytes = Buffer.concat([small.bytes, Buffer.alloc(size, text)])
  return { ...small, bytes, prepared: { ...small.prepared, size: bytes.length } }
}
