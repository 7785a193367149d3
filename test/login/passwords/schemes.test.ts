import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { hashPassword } from '../../../lib/login/passwords'
import { appPasswordsFor, MOST_APP_PASSWORDS, newAppPassword } from '../../../lib/login/passwords/app-passwords'
import { saslPrepared } from '../../../lib/login/passwords/saslprep'
import { SCHEMES } from '../../../lib/login/passwords/schemes'
import { deriveScramKeys, digest, hmac, readScramKeys } from '../../../lib/login/passwords/scram-keys'
import { isCheap, isSupported, needsRehash, tried, verifyPassword } from '../../../lib/login/passwords/verify'
import { packageRoot } from '../../../lib/package-root'
import { createLimiter, Overloaded } from '../../../lib/processes/limiter'

const salted = (algorithm: string, password: string): string => {
  const salt = Buffer.from('saltsalt')
  return Buffer.concat([createHash(algorithm).update(password).update(salt).digest(), salt]).toString('base64')
}

// [what, password, verifier]: published vectors of argon2, crypt_blowfish and SHA-crypt (as openssl passwd gives them); the others computed here.
const RIGHT: readonly [string, string, string][] = [
  [
    'ARGON2ID',
    'password',
    '{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  ['BLF-CRYPT', 'U*U', '{BLF-CRYPT}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bare $2y$', 'U*U', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['SHA256-CRYPT', 'Hello world!', '{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  [
    'SHA512-CRYPT',
    'Hello world!',
    '{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'CRYPT with rounds',
    'Hello world!',
    '{CRYPT}$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    'PBKDF2',
    'secret',
    `{PBKDF2}$1$saltsalt$5000$${pbkdf2Sync('secret', 'saltsalt', 5000, 20, 'sha1').toString('hex')}`,
  ],
  ['SSHA', 'secret', `{SSHA}${salted('sha1', 'secret')}`],
  ['SSHA256', 'secret', `{SSHA256}${salted('sha256', 'secret')}`],
  ['SSHA512', 'secret', `{SSHA512}${salted('sha512', 'secret')}`],
  ['PLAIN', 'secret', '{PLAIN}secret'],
]
const BROKEN = [
  '',
  'secret',
  '{PLAIN}',
  '{MD5-CRYPT}$1$abc$def',
  '{ARGON2ID}',
  '{ARGON2ID}$argon2id$v=19$m=9',
  '{SSHA}AAAA',
  '{PBKDF2}$1$a$b$c',
  '{BLF-CRYPT}$2a$05$short',
  '{BLF-CRYPT}$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  '{SHA512-CRYPT}$6$rounds=999999999$a$b',
]

describe('password schemes', () => {
  for (const [what, password, verifier] of RIGHT) {
    it(`${what} verifies its password and no other`, async () => {
      assert.equal(await verifyPassword(password, verifier), true)
      assert.equal(await verifyPassword(`${password}x`, verifier), false)
      assert.equal(await verifyPassword('', verifier), false)
      assert.ok(isSupported(verifier))
    })
  }

  it('each scheme has a vector above, a name of its own, and a place in the manuals', () => {
    const names = SCHEMES.flatMap((scheme) => scheme.names)
    assert.equal(new Set(names).size, names.length)
    const pages = ['config/mailbox_login.ini', 'docs/import.md'].map((page) =>
      readFileSync(path.join(packageRoot, page), 'utf8'),
    )
    for (const { names, crypt } of SCHEMES) {
      const isOf = (verifier: string): boolean =>
        names.some((name) => verifier.startsWith(`{${name}}`)) || crypt?.test(verifier) === true
      assert.ok(
        RIGHT.some(([, , verifier]) => isOf(verifier)),
        names[0],
      )
      for (const page of pages) assert.ok(names.some((name) => page.includes(name)))
    }
  })

  it('a library that is not there is no wrong password', async () => {
    const gone = Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
    const scheme = { names: ['X'], verify: () => Promise.reject(gone) }
    await assert.rejects(tried(scheme, 'secret', 'x'), gone)
    assert.equal(await tried({ names: ['X'], verify: () => Promise.reject(new Error('broken')) }, 'secret', 'x'), false)
  })

  it('a verifier that cannot be read verifies nothing and throws nothing', async () => {
    for (const verifier of BROKEN) assert.equal(await verifyPassword('secret', verifier), false, verifier)
  })

  it('knows what is cheap and what is to be hashed anew', () => {
    assert.ok(isCheap('{PLAIN}x') && isCheap('{SSHA}x') && isCheap('{NOSUCH}x') && !isCheap('{ARGON2ID}$argon2id$'))
    for (const [what, , verifier] of RIGHT) assert.equal(needsRehash(verifier), what !== 'ARGON2ID', what)
    assert.ok(
      needsRehash('{ARGON2ID}$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'),
    )
    assert.ok(!needsRehash('{MD5-CRYPT}x'))
  })

  it('keeps of a new password an argon2id hash and SCRAM keys, salted', async () => {
    const [one, two] = await Promise.all([hashPassword('pencil'), hashPassword('pencil')])
    assert.match(one.password, /^\{ARGON2ID\}\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.notEqual(one.password, two.password)
    assert.notEqual(one.scram['SCRAM-SHA-256'], two.scram['SCRAM-SHA-256'])
    assert.ok(await verifyPassword('pencil', one.password))
    assert.equal(readScramKeys(one.scram['SCRAM-SHA-1'])?.storedKey.length, 20)
  })

  it('makes app passwords that a cheap hash can guard', async () => {
    const { password, verifier } = newAppPassword()
    assert.match(password, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/)
    assert.ok(await verifyPassword(password, verifier))
  })

  it('an app password is found by its tag: whatever an account has, a guess is compared with one verifier at most', () => {
    const made = Array.from({ length: 1500 }, newAppPassword)
    const mine = made[700]
    assert.deepEqual(appPasswordsFor(made, mine?.password ?? ''), [mine])
    assert.deepEqual(appPasswordsFor(made, 'a guess'), [])
    const old = Array.from({ length: 1500 }, (_, nth): { nth: number; tag?: string } => ({ nth }))
    assert.deepEqual(
      appPasswordsFor(old, 'a guess').map(({ nth }) => nth),
      Array.from({ length: MOST_APP_PASSWORDS }, (_, nth) => 1450 + nth),
    )
  })

  it('RFC 7677 3: the published SCRAM-SHA-256 exchange', async () => {
    const keys = await deriveScramKeys('sha256', 'pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096)
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`
    const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
    const signature = hmac('sha256', keys.storedKey, message)
    const clientKey = Buffer.from(proof.map((octet, at) => octet ^ (signature[at] ?? 0)))
    assert.deepEqual(digest('sha256', clientKey), keys.storedKey)
    assert.equal(
      hmac('sha256', keys.serverKey, message).toString('base64'),
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    )
  })

  it('RFC 4013 3: SASLprep', () => {
    const rows: readonly [string, string][] = [
      ['I\u00adX', 'IX'],
      ['user', 'user'],
      ['USER', 'USER'],
      ['\u00aa', 'a'],
      ['\u2168', 'IX'],
      ['a\u00a0b', 'a b'],
      ['\u0007\u00e4', '\u0007\u00e4'],
    ]
    for (const [typed, prepared] of rows) assert.equal(saslPrepared(typed), prepared)
  })
})

describe('the limiter of password hashes', () => {
  it('runs few at once, the first lane before the second', async () => {
    const limited = createLimiter(1, 60_000)
    const order: string[] = []
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const all = [
      limited(() => gate),
      limited(async () => order.push('second a')),
      limited(async () => order.push('second b')),
      limited(async () => order.push('first'), 'first'),
    ]
    open()
    await Promise.all(all)
    assert.deepEqual(order, ['first', 'second a', 'second b'])
  })

  it('refuses who waits too long or finds the queue full, and goes on', async () => {
    const limited = createLimiter(1, 5, 1)
    let open = (): void => undefined
    const running = limited(
      () =>
        new Promise<void>((resolve) => {
          open = resolve
        }),
    )
    const waiting = limited(async () => 'too late')
    await assert.rejects(
      limited(async () => 'no room'),
      Overloaded,
    )
    await assert.rejects(waiting, Overloaded)
    open()
    await running
    assert.equal(await limited(async () => 'in'), 'in')
  })
})
