import { randomUUID } from 'node:crypto'
import { Client, type Entry, InvalidCredentialsError, ResultCodeError } from 'ldapts'
import type { Directory, DirectoryEntry } from '../directory'
import type { LdapSettings } from '../settings'
import { bareEntry } from './entry'

/** RFC 4515 3: what would end or widen a filter. */
const escapeFilter = (text: string): string =>
  text.replace(/[\\*()\0]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)

export function filterFor(template: string, user: string): string {
  const [name = '', domain = ''] = user.split('@')
  const values: Readonly<Record<string, string>> = { '%u': user, '%n': name, '%d': domain }
  return template.replace(/%[und]/g, (key) => escapeFilter(values[key] ?? ''))
}

async function connected<T>(settings: LdapSettings, run: (client: Client) => Promise<T>): Promise<T> {
  const { url, timeout } = settings
  const client = new Client({ url, timeout, connectTimeout: timeout })
  try {
    if (settings.startTls) await client.startTLS({})
    return await run(client)
  } finally {
    await client.unbind().catch(() => undefined)
  }
}

const searching = <T>(settings: LdapSettings, run: (client: Client) => Promise<T>): Promise<T> =>
  connected(settings, async (client) => {
    if (settings.bindDn !== '') await client.bind(settings.bindDn, settings.bindPassword)
    return run(client)
  })

/** The address of an entry: the first value of `mail`, in lower case. */
function addressOf(entry: Entry, { mail }: LdapSettings): string | undefined {
  const value = [entry[mail]].flat()[0]
  return typeof value === 'string' ? value.toLowerCase() : undefined
}

/** Addresses of all whom some name would find, without doubles. */
export const ldapAddresses = (settings: LdapSettings): Promise<readonly string[]> =>
  searching(settings, async (client) => {
    const { searchEntries } = await client.search(settings.base, {
      filter: settings.filter.replace(/%[und]/g, '*'),
      scope: 'sub',
      paged: true,
      attributes: [settings.mail],
    })
    return [...new Set(searchEntries.flatMap((entry) => addressOf(entry, settings) ?? []))].sort()
  })

/** The server finds the name and checks the password by a bind; nothing of it is kept. */
export function ldapDirectory(settings: LdapSettings): Directory {
  const binds = (dn: string, password: string): Promise<boolean> =>
    connected(settings, async (client) => {
      try {
        // RFC 4513 5.1.2: a bind with an empty password succeeds and proves nothing.
        if (password === '') return false
        await client.bind(dn, password)
        return true
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false
        throw error
      }
    })

  function find(user: string): Promise<DirectoryEntry | undefined> {
    return searching(settings, async (client) => {
      const filter = filterFor(settings.filter, user)
      const { searchEntries } = await client.search(settings.base, {
        filter,
        scope: 'sub',
        sizeLimit: 2,
        attributes: [settings.mail],
      })
      const [found, ...others] = searchEntries
      // Two people of one name: nobody can say whose password is meant.
      if (!found || others.length > 0) return undefined
      const mail = addressOf(found, settings)
      if (mail === undefined) return undefined
      const { password: _none, ...entry } = bareEntry(mail, '')
      return { ...entry, verify: (password) => binds(found.dn, password) }
    })
  }

  return {
    lookup: find,
    pretend: async () => {
      try {
        await binds(`cn=nobody,${settings.base}`, randomUUID())
      } catch (error) {
        // However the server says that there is no such name: it has answered.
        if (!(error instanceof ResultCodeError)) throw error
      }
    },
  }
}
