/** `--limit` of a list. Throws what to say. */
export function limitOf({ limit }: { readonly limit: string }): number {
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit)
  throw new Error(`--limit ${limit}: expected a number from 1`)
}
