/** Text without such characters is composed already, and finding that out costs a tenth of composing it. */
const BEYOND_LATIN1 = /[\u0100-\uffff]/

/** How SEARCH and SORT compare text: composed, without case (i;unicode-casemap in spirit). The search room folds in the same way. */
export function fold(text: string): string {
  if (!BEYOND_LATIN1.test(text)) return text.toLowerCase()
  const lower = text.normalize('NFC').toLowerCase()
  // Lower case of a final sigma depends on what follows it; a search term ends elsewhere.
  return lower.includes('\u03c2') ? lower.replaceAll('\u03c2', '\u03c3') : lower
}
