import type { HttpPorts } from '../../ports'

/** Under which of its addresses an account was written to: an answer tells nobody of another one. */
export function addressedAs(
  addresses: ReturnType<HttpPorts['addresses']>,
  name: string,
  writtenTo: readonly string[],
): string {
  const own = new Set([name, ...(addresses?.aliasesOf(name) ?? [])].map((address) => address.toLowerCase()))
  return writtenTo.find((address) => own.has(address.toLowerCase())) ?? name
}
