/** Octets in words, as .ini files and commands take them: `500`, `64K`, `1.5G`. */

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** @returns octets; undefined: not a size */
export function sizeOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?)\s*([KMG]?)$/i.exec(text) ?? []
  return number === undefined ? undefined : Math.round(Number(number) * (UNITS[unit.toUpperCase()] ?? 1))
}

/** `512 B`, `3.1 KB`, `1.0 GB`, for people. */
export function sizeText(octets: number): string {
  if (octets < 1024) return `${octets} B`
  const unit = octets < 1024 ** 2 ? 'K' : octets < 1024 ** 3 ? 'M' : 'G'
  return `${(octets / (UNITS[unit] ?? 1)).toFixed(1)} ${unit}B`
}
