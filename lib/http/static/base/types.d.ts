import type { Api, ApiFault } from './api-types'

/** Names of what the API takes and gives, and of the parts of the page. */

export type Route = keyof Api
export type Answer<R extends Route> = Api[R]['answer']
export type Body<R extends Route> = Api[R] extends { body: infer B } ? B : undefined
export type Where<R extends Route> = Api[R] extends { where: infer W extends object } ? W : Record<string, never>

export interface CallOptions {
  /** live updates: they keep neither the session nor the lock alive */
  readonly background?: boolean
  /** the request outlives the page */
  readonly keepalive?: boolean
  /** who asks says so when the mailbox is in use: the page goes on */
  readonly quiet?: boolean
}
/** What a route wants beside its name: where (path and query), and a body, which may be a form with files. */
type Given<R extends Route> = Api[R] extends { body: infer B }
  ? [where: Where<R>, body: B | FormData, options?: CallOptions]
  : Api[R] extends { where: infer W extends object }
    ? [where: W, body?: undefined, options?: CallOptions]
    : [where?: Record<string, never>, body?: undefined, options?: CallOptions]
export type Call = <R extends Route>(route: R, ...given: Given<R>) => Promise<Answer<R>>
export type Fault = Partial<ApiFault>

export type Me = Answer<'GET /session'>
export type Assertion = Body<'POST /session/passkey'>['passkey']
export type Registration = Body<'POST /account/passkeys'>['made']
export type Mailbox = Answer<'GET /mailboxes'>['mailboxes'][number]
export type Quota = Answer<'GET /mailboxes'>['quota']
export type MessagePage = Answer<'GET /mailboxes/{mailbox}/messages'>
export type Summary = MessagePage['messages'][number]
export type Message = Answer<'GET /mailboxes/{mailbox}/messages/{uid}'>
/** A message that is attached to another: it has no UID of its own. */
export type InnerMessage = Answer<'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/message'>
export type MessageText = InnerMessage['bodies'][number]
export type Picture = InnerMessage['pictures'][number]
export type Attachment = InnerMessage['attachments'][number]
export type Person = InnerMessage['from'][number]
export type Draft = Body<'POST /drafts'>
export type Preferences = Body<'PUT /preferences'>
export type Identity = Preferences['identities'][number]
export type Contact = Answer<'GET /contacts'>['contacts'][number]
export type RulesAnswer = Answer<'GET /rules'>
export type Rules = Body<'PUT /rules'>
export type Filter = Rules['filters'][number]
export type BinPage = Answer<'GET /bin'>
export type Binned = BinPage['messages'][number]
export type BinChoice = Body<'POST /bin/restore'>
export type Restored = Answer<'POST /bin/restore'>
export type EraseProof = Answer<'POST /bin/erase'>
export type AdminAccount = Answer<'GET /admin/accounts'>['accounts'][number]
/** A message in its mailbox. */
export interface MessagePlace {
  readonly mailbox: string
  readonly uid: number
}

/** Messages of one or several mailboxes. */
export type Places = { mailbox: string; uids: number[] }[]

/** What fills the page. */
export interface View {
  readonly name: string
  readonly element: HTMLElement
  start?(): void
  stop?(): void
}
/** What views may ask of the page around them. */
export interface Page {
  readonly session: { me: Me | undefined }
  /** Asks who is logged in, and shows what the address names. */
  boot(): Promise<void>
  /** @param user who was logged in */
  showLogin(note?: string, user?: string): void
}

export type Leaf = Node | string | false | null | undefined
export type Child = Leaf | readonly Leaf[]
/** Attributes of an element, and what its events run. `false` and undefined leave an attribute out. */
export interface Props {
  onclick?: (event: MouseEvent) => unknown
  onsubmit?: (event: SubmitEvent) => unknown
  onchange?: (event: Event) => unknown
  [attribute: string]: string | number | boolean | null | undefined | ((event: never) => unknown)
}
/** A labelled control of a form. */
export interface Field {
  readonly element: HTMLElement
  readonly value: string
}
export interface InputField extends Field {
  readonly input: HTMLInputElement
}

/** A file of a message that is written: octets of its own, or a part of a message that is there. */
export interface DraftFile {
  readonly name: string
  readonly size?: number
  readonly type?: string
  readonly octets?: File
  /** a picture in the text */
  readonly cid?: string
  readonly mailbox?: string
  readonly uid?: number
  readonly part?: string
}
/** What a composer starts with. */
export interface DraftStart {
  /** undefined: the usual identity, with its signature */
  readonly from?: Person | undefined
  readonly to?: string | undefined
  readonly cc?: string | undefined
  readonly bcc?: string | undefined
  readonly subject?: string | undefined
  readonly text?: string | undefined
  /** with formatting, in place of the text */
  readonly html?: string | undefined
  readonly priority?: 'high' | 'low' | undefined
  readonly receipt?: boolean | undefined
  readonly inReplyTo?: string | undefined
  readonly references?: string[] | undefined
  readonly attachments?: DraftFile[]
  readonly answers?: Draft['answers']
  readonly replaces?: MessagePlace | undefined
  /** names of files that a page had which is gone */
  readonly lost?: string[]
  /** it has this name already, for the server and in this browser */
  readonly id?: string | undefined
}
/** A text in this browser that the server may not have. */
export interface KeptDraft {
  readonly account: string
  readonly id: string
  /** milliseconds since 1970 */
  readonly at: number
  readonly draft: DraftStart
  /** it was being sent */
  readonly sending?: boolean
}
/** The window that is written in. */
export interface Composer {
  show(): void
  hide(): void
  /** after a while in which nothing could be saved */
  goOn(): void
  /** It is on its way, and there is no time left to undo it. */
  sendNow(): Promise<void>
  /** @returns false: it is open still */
  close(): Promise<boolean>
  /** Its page goes on without it; the text stays in this browser. */
  leaveKept(): void
}

/** What is done with messages. */
export type Action =
  | 'archive'
  | 'junk'
  | 'delete'
  | 'seen'
  | 'flag'
  | 'move'
  | 'reply'
  | 'replyAll'
  | 'forward'
  | 'forwardFile'
