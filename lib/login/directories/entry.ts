import type { DirectoryEntry } from '../directory'

/** A name and a verifier; everything else is said by the account of that name in the store. */
export const bareEntry = (name: string, password: string): DirectoryEntry => ({
  id: name,
  name,
  password,
  disabled: false,
  protocols: [],
  admin: false,
  overrides: {},
  appPasswords: [],
})
