/** How SEARCH and SORT compare text: composed, without case (i;unicode-casemap in spirit). The search room folds in the same way. */
export function fold(text: string): string {
  const lower = text.normalize('NFC').toLowerCase()
  // Lower case of a final sigma depends on what follows it; a search term ends elsewhere.
  return lower.includes('\u03c2') ? lower.replaceAll('\u03c2', '\u03c3') : lower
}
