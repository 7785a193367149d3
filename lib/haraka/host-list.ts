import { spellDomain } from '../mailbox/deliver/address'

/** Haraka's config/host_list, read again when the file changed. */
export function spelledHosts(read: () => unknown): (domain: string) => boolean {
  let last: unknown
  let hosts = new Set<string>()
  return (domain) => {
    const lines = read()
    if (lines !== last) {
      last = lines
      hosts = new Set(Array.isArray(lines) ? lines.map((line) => spellDomain(String(line))) : [])
    }
    return hosts.has(domain)
  }
}
