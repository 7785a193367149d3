import assert from 'node:assert/strict'
import type { Directory, DirectoryEntry } from '../../../lib/login/directory'
import { newAppPassword } from '../../../lib/login/passwords/app-passwords'
import { verifyPassword } from '../../../lib/login/passwords/verify'
import { directoryOf, door, peerAt, person } from '../room'

const RIGHT = 'correct horse'
const ANN = 'ann@example.org'

/** What was right once is remembered for a while: under a key that says what it was right for. */
describe('the memory of right passwords', () => {
  async function answers(directory: Directory, protocol: 'imap' | 'pop3' | 'smtp', ...passwords: string[]) {
    const kinds: string[] = []
    for (const password of passwords) {
      const answer = await remembering(directory).attempt(peerAt('192.0.2.1', { protocol }), ANN, password)
      kinds.push(answer.kind)
    }
    return kinds
  }
  /** one door for each test: it is what remembers */
  let kept: ReturnType<typeof door>['login'] | undefined
  let hashes = 0
  let asked: Directory
  const remembering = (directory: Directory) => {
    asked = directory
    const verify: typeof verifyPassword = (password, verifier) => {
      hashes++
      return verifyPassword(password, verifier)
    }
    kept ??= door({ lookup: (user) => asked.lookup(user) }, {}, { verify }).login
    return kept
  }
  beforeEach(() => {
    kept = undefined
    hashes = 0
  })

  it('is used: the second login costs no hash', async () => {
    const people = directoryOf(await person(ANN, RIGHT))
    assert.deepEqual(await answers(people, 'imap', RIGHT), ['granted'])
    const before = hashes
    assert.deepEqual(await answers(people, 'imap', RIGHT), ['granted'])
    assert.equal(hashes, before)
  })

  it('success cache keys that differ in the directory only', async () => {
    const { password: _own, scram: _keys, ...bare } = await person(ANN, RIGHT)
    const by = (directory: string, right: boolean): Directory => ({
      lookup: async (): Promise<DirectoryEntry> => ({ ...bare, directory, verify: async () => right }),
    })
    assert.deepEqual(await answers(by('ldap', true), 'imap', RIGHT), ['granted'])
    assert.deepEqual(await answers(by('vpopmaild', false), 'imap', RIGHT), ['invalid'])
    assert.deepEqual(await answers(by('ldap', false), 'imap', RIGHT), ['granted'], 'remembered, as documented')
  })

  it('success cache keys that differ in the app password only', async () => {
    const [one, two] = [newAppPassword(), newAppPassword()]
    const app = ({ verifier, tag }: typeof one, id: string) => ({ id, tag, password: verifier, protocols: [] })
    const both = directoryOf(await person(ANN, RIGHT, { appPasswords: [app(one, 'one'), app(two, 'two')] }))
    const first = directoryOf(await person(ANN, RIGHT, { appPasswords: [app(one, 'one')] }))
    assert.deepEqual(await answers(both, 'imap', one.password, two.password), ['granted', 'granted'])
    assert.deepEqual(await answers(first, 'imap', one.password, two.password), ['granted', 'invalid'])
    const answer = await remembering(both).attempt(peerAt('192.0.2.1'), ANN, two.password)
    assert.equal(answer.kind === 'granted' && answer.identity.appPassword, 'two')
  })

  it('success cache keys that differ in the protocol only', async () => {
    const { password, verifier, tag } = newAppPassword()
    const app = { id: 'one', tag, password: verifier, protocols: ['imap'] }
    const people = directoryOf(await person(ANN, RIGHT, { appPasswords: [app] }))
    assert.deepEqual(await answers(people, 'imap', password), ['granted'])
    assert.deepEqual(await answers(people, 'pop3', password), ['invalid'])
    assert.deepEqual(await answers(people, 'smtp', password), ['invalid'])
    assert.deepEqual(await answers(people, 'imap', password), ['granted'])
  })
})
