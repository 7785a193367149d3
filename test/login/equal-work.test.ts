import assert from 'node:assert/strict'
import { type Directory, type DirectoryEntry, passwordsFrom } from '../../lib/login/directory'
import { hashAppPassword, verifyPassword } from '../../lib/login/passwords/schemes'
import { directoryOf, door, peerAt, person } from './room'

const RIGHT = 'wonder land'
/** Decomposed letters and a no-break space: not as SASLprep leaves them, so that it has two forms. */
const TWO_FORMS = 'wo\u0301nder\u00a0land'

/** Refusals that must not be told apart by their time do the same work: counted here, measured by `npm run test:oracle`. */
describe('equal work', () => {
  let hashes = 0
  const verify: typeof verifyPassword = (password, verifier) => {
    if (verifier.startsWith('{ARGON2ID}')) hashes++
    return verifyPassword(password, verifier)
  }

  async function costs(directory: Directory, user: string, password: string): Promise<number> {
    const { login } = door(directory, {}, { verify })
    // The first attempt makes what is made once.
    await login.attempt(peerAt('192.0.2.9'), 'somebody@example.org', 'x')
    hashes = 0
    assert.equal((await login.attempt(peerAt('192.0.2.1'), user, password)).kind, 'invalid')
    return hashes
  }

  for (const [what, password, expected] of [
    ['a password', 'not it', 1],
    ['a password of two forms', TWO_FORMS, 2],
    ['none', '', 1],
    ['a password that is too long', 'x'.repeat(2000), 1],
  ] as const)
    it(`${what}: as many hashes for an account, a name without one, a disabled one, and one with a cheap scheme`, async () => {
      const app = { password: hashAppPassword('app-pass-word'), protocols: [] }
      const people = directoryOf(
        await person('ann@example.org', RIGHT),
        await person('apps@example.org', RIGHT, { appPasswords: [app] }),
        await person('off@example.org', password, { disabled: true }),
        await person('pop@example.org', password, { protocols: ['pop3'] }),
        await person('old@example.org', RIGHT, { password: `{PLAIN}${RIGHT}` }),
      )
      for (const name of [...people.people.keys(), 'nobody@example.org'])
        assert.equal(await costs(people, name, password), expected, name)
    })

  for (const [what, password] of [
    ['a password', 'not it'],
    ['a password of two forms', TWO_FORMS],
    ['none', ''],
  ] as const)
    it(`${what}: a directory that checks itself is asked once for each name that it knows`, async () => {
      const asked: string[] = []
      const outside: Directory = {
        lookup: async (name): Promise<DirectoryEntry | undefined> => {
          if (name.startsWith('nobody')) return undefined
          const { password: _own, ...entry } = await person(name, RIGHT)
          return {
            ...entry,
            verify: async () => {
              asked.push(name)
              return false
            },
          }
        },
      }
      const directory = passwordsFrom(outside, directoryOf(await person('ann@example.org', RIGHT)))
      const forms = password === TWO_FORMS ? 2 : 1
      for (const name of ['ann@example.org', 'without-account@example.org']) {
        asked.length = 0
        assert.equal(await costs(directory, name, password), forms)
        assert.deepEqual(
          asked.filter((who) => who === name),
          [name],
        )
      }
      assert.equal(await costs(directory, 'nobody@example.org', password), forms)
    })
})
