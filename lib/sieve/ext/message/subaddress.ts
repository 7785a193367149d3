import type { Extension, World } from '../../extension'

/** Where the first separator stands; below 0: nowhere */
const separatorIn = (local: string, { separators }: World): number =>
  [...local].findIndex((character, at) => at > 0 && separators.includes(character))

/** `:user` and `:detail` of `user+detail@domain`, as recipients are read (setting `subaddress`). */
export const subaddress: Extension = {
  capability: 'subaddress',
  rfc: 'RFC 5233',
  addressParts: {
    user: (local, domain, world) => {
      if (domain === undefined) return undefined
      const at = separatorIn(local, world)
      return at < 0 ? local : [...local].slice(0, at).join('')
    },
    detail: (local, domain, world) => {
      const at = separatorIn(local, world)
      return domain === undefined || at < 0 ? undefined : [...local].slice(at + 1).join('')
    },
  },
}
