import type { Script } from '../../sieve/extension'
import { parseScript } from '../../sieve/parse'
import { asError } from '../../terms/errors'

/** Characters of scripts that are kept parsed. */
const MOST = 4 * 1024 * 1024
/** What an entry costs beside its text. */
const ENTRY = 1000

/**
 * Scripts by their text, parsed once.
 * @param without extensions that are switched off
 */
export function createParsed(without: ReadonlySet<string>): (source: string) => Script | Error {
  const parsed = new Map<string, Script | Error>()
  let characters = 0

  function parse(source: string): Script | Error {
    try {
      return parseScript(source, without)
    } catch (error) {
      return asError(error)
    }
  }
  return (source) => {
    const before = parsed.get(source)
    if (before) return before
    const script = parse(source)
    characters += source.length + ENTRY
    if (characters > MOST) {
      parsed.clear()
      characters = source.length + ENTRY
    }
    parsed.set(source, script)
    return script
  }
}
