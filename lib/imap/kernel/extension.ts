import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Language } from '../../terms/languages'
import type { Command } from './command'
import type { Session } from './session'
import type {
  AppendSlot,
  EnableSlot,
  FetchModifierSlot,
  FetchSlot,
  ListReturnSlot,
  ListSelectSlot,
  Namespace,
  NewsSlot,
  ReturnSlot,
  SearchSlot,
  SelectSlot,
  Slots,
  StatusSlot,
  StoreModifierSlot,
} from './slots'

interface ExtensionRfc {
  readonly title: string
  /** left out: every MUST that concerns a server */
  readonly state?: 'part'
  readonly note?: string
}

/** Everything that one extension adds: one object, in a file of its own. What it leaves out it does not add. */
export interface Extension {
  /** what it obeys: its rows of docs/rfc-index.md (docs/rfc-status.json has those of no extension) */
  readonly rfcs?: Readonly<Record<number, ExtensionRfc>>
  /** names for CAPABILITY in the session's state now */
  capabilities?(session: Session): readonly string[]
  readonly commands?: readonly Command[]
  readonly fetch?: readonly FetchSlot[]
  readonly fetchModifiers?: readonly FetchModifierSlot[]
  readonly storeModifiers?: readonly StoreModifierSlot[]
  readonly append?: readonly AppendSlot[]
  readonly status?: readonly StatusSlot[]
  readonly search?: readonly SearchSlot[]
  readonly returns?: readonly ReturnSlot[]
  readonly select?: readonly SelectSlot[]
  readonly listSelect?: readonly ListSelectSlot[]
  readonly listReturn?: readonly ListReturnSlot[]
  /** what ENABLE turns on */
  readonly enable?: readonly EnableSlot[]
  /** response codes of a successful SELECT or EXAMINE, without `* OK` */
  selected?(view: View, session: Session): readonly string[]
  namespaces?(mail: AccountMail): Promise<readonly Namespace[]>
  readonly news?: NewsSlot
  /** what is said to people, UTF-8 */
  translate?(language: Language, text: string): string
}

/** Capabilities that are named once a client has logged in. */
export const afterLogin =
  (...names: readonly string[]) =>
  ({ state }: Session): readonly string[] =>
    state.name === 'not-authenticated' ? [] : names

export function commandsOf(extensions: readonly Extension[]): ReadonlyMap<string, Command> {
  return new Map(extensions.flatMap(({ commands }) => commands ?? []).map((command) => [command.name, command]))
}

export function slotsOf(extensions: readonly Extension[]): Slots {
  const all = <Part>(of: (extension: Extension) => readonly Part[] | Part | undefined): Part[] =>
    extensions.flatMap((extension) => of(extension) ?? [])
  const byName = <Slot extends { readonly name: string }>(of: (extension: Extension) => readonly Slot[] | undefined) =>
    new Map(all(of).map((slot) => [slot.name, slot]))
  return {
    capabilities: (session) => extensions.flatMap((extension) => extension.capabilities?.(session) ?? []),
    fetch: byName(({ fetch }) => fetch),
    fetchModifiers: byName(({ fetchModifiers }) => fetchModifiers),
    storeModifiers: byName(({ storeModifiers }) => storeModifiers),
    append: byName(({ append }) => append),
    status: byName(({ status }) => status),
    search: byName(({ search }) => search),
    select: byName(({ select }) => select),
    listSelect: byName(({ listSelect }) => listSelect),
    listReturn: byName(({ listReturn }) => listReturn),
    enable: new Map(all(({ enable }) => enable).map((slot) => [slot.word.toUpperCase(), slot])),
    returns: all(({ returns }) => returns),
    selected: all(({ selected }) => selected),
    namespaces: all(({ namespaces }) => namespaces),
    news: all(({ news }) => news),
    translate: (language, text) => extensions.find(({ translate }) => translate)?.translate?.(language, text) ?? text,
  }
}
