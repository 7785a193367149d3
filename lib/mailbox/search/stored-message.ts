import type { Part } from '../../mime/prepared'
import { headerText, headerValue } from '../../mime/text/search-text'
import { contains, inHeader } from '../../search/contains'
import type { KeyFacts, StoredFacts } from '../../search/key'
import { nearnessIn } from '../../search/near'
import type { MessageRow } from '../../store/store'
import { fold } from '../../terms/casemap'
import type { Uid } from '../../terms/numbers'
import { turn } from '../../work/turns'
import type { AccountMail, MailRoom, View } from '../mailbox'
import { MOST_HEADER } from './body-pieces'
import { type BodyMatches, searchBody, type Wanted } from './body-search'

/** What is searched. */
export interface Searched {
  readonly room: Pick<MailRoom, 'keys' | 'pool'>
  readonly mail: AccountMail
  readonly view: View
  /** names of the files in a message; IMAP has no key that asks for them */
  readonly attachments?: (structure: Part) => readonly string[]
}

const NOTHING: BodyMatches = { text: new Set(), fields: new Set(), nearInText: new Map(), nearInFields: new Map() }

/** What must be read of one message, when it is asked for and once. */
export class StoredMessage implements StoredFacts {
  #row: Promise<MessageRow | undefined> | undefined
  #header: Promise<Buffer | undefined> | undefined
  #headerText: Promise<string> | undefined
  #body: Promise<BodyMatches> | undefined

  constructor(
    readonly searched: Searched,
    readonly uid: Uid,
    readonly keyFacts: KeyFacts,
    readonly wanted: Wanted,
  ) {}

  async keys(): Promise<KeyFacts> {
    return this.keyFacts
  }
  async header(name: string): Promise<string | undefined> {
    const octets = await this.#headerOctets()
    await turn()
    return octets && headerValue(octets, name)
  }
  async headerHas(text: string): Promise<boolean> {
    const header = await this.#textOfHeader()
    await turn()
    return contains(header, this.wanted.texts.get(text) ?? inHeader(text))
  }
  async bodyHas(text: string, fields: 'too' | 'not'): Promise<boolean> {
    this.#body ??= this.#searchBody()
    const matches = await this.#body
    return matches.text.has(text) || (fields === 'too' && matches.fields.has(text))
  }
  async headerNear(word: string): Promise<number> {
    const header = await this.#textOfHeader()
    await turn()
    return nearnessIn(header, word)
  }
  async bodyNear(word: string, fields: 'too' | 'not'): Promise<number> {
    this.#body ??= this.#searchBody()
    const { nearInText, nearInFields } = await this.#body
    return Math.max(nearInText.get(word) ?? 0, fields === 'too' ? (nearInFields.get(word) ?? 0) : 0)
  }
  async attachments(): Promise<readonly string[]> {
    const message = await this.#message()
    return (message && this.searched.attachments?.(message.prepared.structure).map(fold)) ?? []
  }

  #message(): Promise<MessageRow | undefined> {
    this.#row ??= this.#readRow()
    return this.#row
  }
  async #readRow(): Promise<MessageRow | undefined> {
    const { mail, view } = this.searched
    for await (const [message] of mail.rows(view, [this.uid])) return message
    return undefined
  }
  #headerOctets(): Promise<Buffer | undefined> {
    const { mail, view } = this.searched
    this.#header ??= this.#message().then(
      (row) =>
        row && (row.prepared.header ?? mail.read(row.emailId, 0, Math.min(row.prepared.headerSize, MOST_HEADER), view)),
    )
    return this.#header
  }
  #textOfHeader(): Promise<string> {
    this.#headerText ??= this.#headerOctets().then((octets) => headerText(octets ?? Buffer.alloc(0)))
    return this.#headerText
  }
  async #searchBody(): Promise<BodyMatches> {
    const { room, mail, view } = this.searched
    const message = await this.#message()
    if (!message) return NOTHING
    const read = (start: number, end: number) => mail.read(message.emailId, start, end, view)
    return searchBody({ pool: room.pool, by: mail.id, read }, message, this.wanted)
  }
}
