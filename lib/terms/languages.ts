/** Languages that clients may choose for what the server says to people: tag, and its name in the language itself. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español' } as const
export type Language = keyof typeof LANGUAGES
/** English is the text itself. */
export type Translations = Readonly<Record<Exclude<Language, 'en'>, string>>

export const languageTags: readonly Language[] = ['en', 'de', 'fr', 'es']

/** RFC 4647 3.4: `de-AT` finds `de`. */
export function matchLanguage(range: string): Language | undefined {
  if (!/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(range)) return undefined
  const primary = range.toLowerCase().split('-')[0]
  return languageTags.find((tag) => tag === primary)
}
