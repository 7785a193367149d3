/** Texts for people, each once; so many are kept, and it is said when there are more. */
export interface Remarks {
  add(text: string): void
  list(): readonly string[]
}

const MOST = 1000

export function createRemarks(): Remarks {
  const texts = new Set<string>()
  let full = false
  return {
    add(text) {
      if (texts.size < MOST || texts.has(text)) texts.add(text)
      else full = true
    },
    list: () => [...texts, ...(full ? [`more than ${MOST}: the rest is not listed`] : [])],
  }
}

/** A file or folder of a source that was not taken. */
export interface PassedOver {
  /** below the source's folder */
  readonly path: string
  readonly why: string
  /** it may hold mail: somebody has to look */
  readonly mayBeMail: boolean
}

export interface PassedOverList {
  add(path: string, why: string, mayBeMail: boolean): void
  list(): readonly PassedOver[]
}

export function createPassedOver(): PassedOverList {
  const found = new Map<string, PassedOver>()
  let more = 0
  let moreMail = false
  return {
    add(path, why, mayBeMail) {
      if (found.size < MOST || found.has(path)) found.set(path, { path, why, mayBeMail })
      else {
        more++
        moreMail ||= mayBeMail
      }
    },
    list: () => [
      ...found.values(),
      ...(more > 0 ? [{ path: '...', why: `${more} more that are not listed`, mayBeMail: moreMail }] : []),
    ],
  }
}
