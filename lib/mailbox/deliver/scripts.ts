import { createHash, randomBytes } from 'node:crypto'
import {
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import type { AccountId } from '../../terms/names'

/**
 * Sieve scripts and what vacation remembers: a folder an account, `<data>/sieve/<account id>/`, shared by all processes. Each script
 * is one file in `scripts/`, put there whole; `active.sieve` is a symbolic link to the one that runs.
 */
export interface Scripts {
  /** the active script and its version; undefined: none. A first script of an account counts a second later at the latest. */
  active(account: AccountId): Promise<{ readonly text: string; readonly version: string } | undefined>
  /** in order of their names */
  list(account: AccountId): Promise<readonly { readonly name: string; readonly active: boolean }[]>
  get(account: AccountId, name: string): Promise<string | undefined>
  /** Whether one of this name may be put: it replaces one, or there are not too many. */
  hasRoom(account: AccountId, name: string): Promise<boolean>
  /** Does not make it active. @returns undefined: done */
  put(account: AccountId, name: string, text: string): Promise<'too-many' | undefined>
  /** @param name undefined: no script runs */
  activate(account: AccountId, name: string | undefined): Promise<'nonexistent' | undefined>
  rename(account: AccountId, from: string, to: string): Promise<'nonexistent' | 'already-exists' | undefined>
  /** The active one stays. */
  remove(account: AccountId, name: string): Promise<'nonexistent' | 'active' | undefined>
  /** Removes all that is known of the account. */
  clear(account: AccountId): Promise<void>
  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  due(account: AccountId, what: string, milliseconds: number, now: number): Promise<boolean>
}

/** Scripts of an account. */
export const MAX_SCRIPTS = 32

/** RFC 5804 1.6: no control characters and no line ends of Unicode; 128 characters may take 512 octets. */
export const isScriptName = (name: string): boolean =>
  name !== '' && Buffer.byteLength(name) <= 512 && !/[\p{Cc}\u2028\u2029]/u.test(name)

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

async function unlessMissing<T, U>(running: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await running
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return otherwise
    throw error
  }
}

/** How long it is believed which accounts have scripts: most have none, and their mail then costs no look at the disk. */
const BELIEVED = 1000
const REMEMBERED = 1000

/** A name may be longer than a file's may: the file begins with it, as a comment. */
const fileOf = (name: string): string => `${createHash('sha256').update(name).digest('hex').slice(0, 40)}.sieve`
const fileText = (name: string, text: string): string => `# ${name}\n${text}`
function parsedFile(whole: string): { readonly name: string; readonly text: string } {
  const end = whole.indexOf('\n')
  return { name: whole.slice(2, end), text: whole.slice(end + 1) }
}

export function scriptFiles(folder: string): Scripts {
  const texts = new Map<AccountId, { readonly version: string; readonly text: string }>()
  let owners: Promise<Set<string>> | undefined
  let asked = 0

  function ownersNow(): Promise<Set<string>> {
    const now = performance.now()
    if (!owners || now - asked > BELIEVED) {
      asked = now
      owners = unlessMissing(readdir(folder), []).then((names) => new Set(names))
    }
    return owners
  }
  const activeFile = (account: AccountId): string => path.join(folder, account, 'active.sieve')
  const scriptFile = (account: AccountId, name: string): string => path.join(folder, account, 'scripts', fileOf(name))

  /** Puts it there whole, in place of what was there. */
  async function replace(file: string, write: (draft: string) => Promise<void>): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const draft = `${file}.${randomBytes(6).toString('hex')}`
    try {
      await write(draft)
      await rename(draft, file)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }
  const write = (file: string, text: string): Promise<void> =>
    replace(file, (draft) => writeFile(draft, text, { mode: 0o600 }))
  const point = (account: AccountId, name: string): Promise<void> =>
    replace(activeFile(account), (draft) => symlink(path.join('scripts', fileOf(name)), draft))

  const exists = async (account: AccountId, name: string): Promise<boolean> =>
    (await unlessMissing(stat(scriptFile(account, name)), undefined)) !== undefined
  const activeName = async (account: AccountId): Promise<string | undefined> => {
    const to = await unlessMissing(readlink(activeFile(account)), undefined)
    return to === undefined ? undefined : path.basename(to)
  }
  const files = async (account: AccountId): Promise<string[]> =>
    (await unlessMissing(readdir(path.join(folder, account, 'scripts')), [])).filter((file) => file.endsWith('.sieve'))
  const hasRoom = async (account: AccountId, name: string): Promise<boolean> => {
    const all = await files(account)
    return all.includes(fileOf(name)) || all.length < MAX_SCRIPTS
  }

  return {
    hasRoom,
    async active(account) {
      if (!(await ownersNow()).has(account)) return undefined
      const file = activeFile(account)
      const found = await unlessMissing(stat(file), undefined)
      if (!found) return undefined
      const version = `${account} ${found.mtimeMs} ${found.size} ${found.ino}`
      const known = texts.get(account)
      if (known?.version === version) return known
      const whole = await unlessMissing(readFile(file, 'utf8'), undefined)
      if (whole === undefined) return undefined
      const read = { text: parsedFile(whole).text, version }
      if (texts.size >= REMEMBERED) texts.clear()
      texts.set(account, read)
      return read
    },
    async list(account) {
      const active = await activeName(account)
      const found: { name: string; active: boolean }[] = []
      for (const file of await files(account)) {
        const whole = await unlessMissing(readFile(path.join(folder, account, 'scripts', file), 'utf8'), undefined)
        if (whole !== undefined) found.push({ name: parsedFile(whole).name, active: file === active })
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async get(account, name) {
      const whole = await unlessMissing(readFile(scriptFile(account, name), 'utf8'), undefined)
      return whole === undefined ? undefined : parsedFile(whole).text
    },
    async put(account, name, text) {
      if (!(await hasRoom(account, name))) return 'too-many'
      await write(scriptFile(account, name), fileText(name, text))
      return undefined
    },
    async activate(account, name) {
      if (name === undefined) {
        await rm(activeFile(account), { force: true })
        return undefined
      }
      if (!(await exists(account, name))) return 'nonexistent'
      await point(account, name)
      asked = Number.NEGATIVE_INFINITY
      return undefined
    },
    async rename(account, from, to) {
      const text = await this.get(account, from)
      if (text === undefined) return 'nonexistent'
      if (from === to) return 'already-exists'
      const draft = `${scriptFile(account, from)}.${randomBytes(6).toString('hex')}`
      await writeFile(draft, fileText(to, text), { mode: 0o600 })
      try {
        // A link fails where there is one of that name; so mail that comes meanwhile always finds the active script.
        await link(draft, scriptFile(account, to))
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return 'already-exists'
        throw error
      } finally {
        await unlink(draft)
      }
      if ((await activeName(account)) === fileOf(from)) await point(account, to)
      await rm(scriptFile(account, from), { force: true })
      return undefined
    },
    async remove(account, name) {
      if (!(await exists(account, name))) return 'nonexistent'
      if ((await activeName(account)) === fileOf(name)) return 'active'
      await rm(scriptFile(account, name), { force: true })
      return undefined
    },
    clear: (account) => rm(path.join(folder, account), { recursive: true, force: true }),
    async due(account, what, milliseconds, now) {
      const digest = createHash('sha256').update(what).digest('hex').slice(0, 32)
      const file = path.join(folder, account, 'told', digest)
      const last = await unlessMissing(stat(file), undefined)
      if (last && now - last.mtimeMs < milliseconds) return false
      await write(file, '')
      return true
    },
  }
}
