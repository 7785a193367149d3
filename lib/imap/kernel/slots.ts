import type {
  EnableSlot,
  Extension,
  FetchModifierSlot,
  FetchSlot,
  ReturnSlot,
  SearchSlot,
  SelectSlot,
  StatusSlot,
} from './extension'

/** What all extensions add together, put together once: a command looks here for each of its words. */
export interface Slots {
  readonly fetch: ReadonlyMap<string, FetchSlot>
  readonly status: ReadonlyMap<string, StatusSlot>
  readonly search: ReadonlyMap<string, SearchSlot>
  readonly select: ReadonlyMap<string, SelectSlot>
  readonly fetchModifiers: ReadonlyMap<string, FetchModifierSlot>
  /** by their words in capitals */
  readonly enable: ReadonlyMap<string, EnableSlot>
  /** in the order in which they are told */
  readonly returns: readonly ReturnSlot[]
  readonly selected: readonly NonNullable<Extension['selected']>[]
}

export function slotsOf(extensions: readonly Extension[]): Slots {
  const byName = <Slot extends { readonly name: string }>(of: (one: Extension) => readonly Slot[] | undefined) =>
    new Map(extensions.flatMap((one) => of(one) ?? []).map((slot) => [slot.name, slot]))
  return {
    fetch: byName((one) => one.fetch),
    status: byName((one) => one.status),
    search: byName((one) => one.search),
    select: byName((one) => one.select),
    fetchModifiers: byName((one) => one.fetchModifiers),
    enable: new Map(extensions.flatMap((one) => one.enable ?? []).map((slot) => [slot.word.toUpperCase(), slot])),
    returns: extensions.flatMap((one) => one.returns ?? []),
    selected: extensions.flatMap((one) => one.selected ?? []),
  }
}
