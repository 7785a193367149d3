import type { Directory } from '../directory'
import { bareEntry } from './entry'

/**
 * Haraka's own `config/auth_flat_file.ini`: clear passwords in its section `[users]`.
 * @param read the file as Haraka's config gives it, fresh after a change
 */
export const flatFileDirectory = (read: () => unknown): Directory => ({
  lookup: async (user) => {
    const file = read()
    const users = typeof file === 'object' && file !== null ? Reflect.get(file, 'users') : undefined
    if (typeof users !== 'object' || users === null) return undefined
    for (const [name, password] of Object.entries(users)) {
      if (name.toLowerCase() === user && password) return bareEntry(user, `{PLAIN}${String(password)}`)
    }
    return undefined
  },
})
