/**
 * i;unicode-casemap (RFC 5051), the collation of SEARCH, SORT and THREAD (RFC 5255 4.3): each character in its simple title case,
 * then decomposed. What is folded so is compared octet by octet.
 */

const ASCII = /^[\x00-\x7f]*$/
/**
 * What `toUpperCase` does and UnicodeData.txt does not: letters that become several (ß, ligatures, Greek with marks), and letters
 * whose title case is not their upper case (the digraphs, Georgian). A test reads the whole of Unicode.
 */
const NOT_UPPER =
  /[\u00df\u0149\u01c4-\u01cc\u01f0-\u01f3\u0390\u03b0\u0587\u10d0-\u10fa\u10fd-\u10ff\u1e96-\u1e9a\u1f50\u1f52\u1f54\u1f56\u1f80-\u1faf\u1fb2-\u1fb4\u1fb6\u1fb7\u1fbc\u1fc2-\u1fc4\u1fc6\u1fc7\u1fcc\u1fd2\u1fd3\u1fd6\u1fd7\u1fe2-\u1fe4\u1fe6\u1fe7\u1ff2-\u1ff4\u1ff6\u1ff7\u1ffc\ufb00-\ufb06\ufb13-\ufb17]/
const PIECES = new RegExp(`(${NOT_UPPER.source})`)
/** title case of those that have one, by letter */
const TITLE: ReadonlyMap<string, string> = new Map([
  ...['\u01c5\u01c4\u01c6', '\u01c8\u01c7\u01c9', '\u01cb\u01ca\u01cc', '\u01f2\u01f1\u01f3'].flatMap((digraph) =>
    [...digraph].map((letter): [string, string] => [letter, digraph.charAt(0)]),
  ),
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((nth): [string, string] => [
      String.fromCharCode(first + nth),
      String.fromCharCode(first + nth + 8),
    ]),
  ),
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
])

const titleCase = (text: string): string =>
  NOT_UPPER.test(text)
    ? text
        .split(PIECES)
        .map((piece, index) => (index % 2 === 0 ? piece.toUpperCase() : (TITLE.get(piece) ?? piece)))
        .join('')
    : text.toUpperCase()

/** UnicodeData.txt has no decompositions for the syllables of Hangul: without this, one would be found at the start of another. */
const JAMO = /[\u1100-\u11ff]+/g

export function fold(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase()
  const decomposed = titleCase(text).normalize('NFKD')
  return decomposed.search(JAMO) < 0 ? decomposed : decomposed.replace(JAMO, (jamo) => jamo.normalize('NFC'))
}
