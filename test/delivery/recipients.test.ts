import assert from 'node:assert/strict'
import { parseAliases } from '../../lib/delivery/recipients/aliases'
import { createRecipients, type DomainSettings } from '../../lib/delivery/recipients/recipients'
import type { Account } from '../../lib/store/account'
import type { Store } from '../../lib/store/store'
import { accountId } from '../../lib/terms/names'

const account = (name: string, more: Partial<Account> = {}): Account => ({
  id: accountId(name.replace(/[^a-z0-9]/g, '-')),
  name,
  disabled: false,
  protocols: [],
  overrides: {},
  admin: false,
  credentials: {},
  createdAt: 0,
  ...more,
})

const ACCOUNTS = [
  account('alice@example.org'),
  account('bob@example.org'),
  account('gone@example.org', { disabled: true }),
  account('user@xn--bcher-kva.example'),
  account('päivi@example.org'),
  account('moved@example.org', { overrides: { forward: 'alice@example.org far@example.net' } }),
  account('sales@example.org', { disabled: true, overrides: { forward: 'bob@example.org' } }),
  account('left@catch.example', { disabled: true }),
  account('@stored.example', { disabled: true, overrides: { forward: 'bob@example.org' } }),
]
const ALIASES = parseAliases([
  'info@example.org alice@example.org, bob@example.org out@example.net',
  'alice@both.example alice@both.example alice@example.org',
  'self@example.org self@example.org alice@example.org',
  'bob2@example.org bob2@example.org',
  'round@example.org trip@example.org',
  'trip@example.org round@example.org',
  'dangling@example.org nobody@example.org',
  '@other.example @example.org',
  '@catch.example alice@example.org',
])

describe('recipients', () => {
  const settings: DomainSettings = { full: 'temporary', subaddress: '+-', subaddressMailbox: 'existing' }
  const found = new Map(ACCOUNTS.map((one) => [one.name, one]))
  const store = { accounts: { find: async (name: string) => found.get(name) } } as unknown as Store // the one method that is used
  const { resolve, isOf, aliasesOf } = createRecipients({
    store,
    aliases: () => ALIASES.table,
    isLocalDomain: (domain) => domain.endsWith('example.org') || domain === 'both.example',
    settingsOf: (domain) => (domain === 'stored.example' ? { ...settings, subaddress: '' } : settings),
  })
  it('knows from which addresses an account may write', async () => {
    const own = async (address: string): Promise<boolean> => isOf(address, accountId('alice-example-org'))
    for (const address of [
      'alice@example.org',
      'Alice+news@example.org',
      'info@example.org',
      'alice@other.example',
      'any@catch.example',
      'alice@both.example',
    ]) {
      assert.equal(await own(address), true, address)
    }
    for (const address of [
      'bob@example.org',
      'moved@example.org',
      'left@catch.example',
      'round@example.org',
      'far@example.net',
      'x',
    ]) {
      assert.equal(await own(address), false, address)
    }
    assert.deepEqual(aliasesOf('alice@example.org'), ['info@example.org', 'alice@both.example', 'self@example.org'])
  })

  const answer = async (address: string): Promise<string> => {
    const targets = await resolve(address)
    if (!targets) return 'unknown'
    const local = targets.local.map(({ account: { name }, detail }) => (detail ? `${name}/${detail}` : name))
    return [...local, ...targets.remote.map((one) => `>${one}`)].join(' ')
  }

  for (const [address, expected] of [
    ['alice@example.org', 'alice@example.org'],
    ['Alice@EXAMPLE.org.', 'alice@example.org'],
    ['"alice"@example.org', 'alice@example.org'],
    ['"al\\ice"@example.org', 'alice@example.org'],
    ['carol@example.org', 'unknown'],
    ['gone@example.org', 'unknown'],
    ['user@bücher.example', 'user@xn--bcher-kva.example'],
    ['user@xn--bcher-kva.example', 'user@xn--bcher-kva.example'],
    ['PA\u0308IVI@example.org', 'päivi@example.org'],
    ['alice+lists@example.org', 'alice@example.org/lists'],
    ['alice-a+b@example.org', 'alice@example.org/a+b'],
    ['alice+@example.org', 'alice@example.org'],
    ['+alice@example.org', 'unknown'],
    ['info@example.org', 'alice@example.org bob@example.org >out@example.net'],
    ['info+x@example.org', 'alice@example.org bob@example.org >out@example.net'],
    ['self@example.org', 'alice@example.org'],
    ['round@example.org', 'unknown'],
    ['dangling@example.org', 'unknown'],
    ['bob2@example.org', 'unknown'],
    ['bob@other.example', 'bob@example.org'],
    ['info@other.example', 'alice@example.org bob@example.org >out@example.net'],
    ['anything@catch.example', 'alice@example.org'],
    ['left@catch.example', 'unknown'],
    ['left+x@catch.example', 'unknown'],
    ['anything@stored.example', 'bob@example.org'],
    ['sales@example.org', 'bob@example.org'],
    ['moved@example.org', 'moved@example.org alice@example.org >far@example.net'],
    ['someone@elsewhere.net', 'unknown'],
    ['no address', 'unknown'],
    ['@example.org', 'unknown'],
  ] as const) {
    it(`${address} -> ${expected}`, async () => assert.equal(await answer(address), expected))
  }

  it('a line of the alias file that is no alias is named, and does not stop the others', () => {
    const { table, mistakes } = parseAliases(['nonsense', 'a@b.c', 'x@example.org y', '@d.e @f.g', 'a@b.c d@e.f'])
    assert.equal(mistakes.length, 3)
    assert.deepEqual([...table.domains], [['d.e', 'f.g']])
    assert.deepEqual([...table.addresses], [['a@b.c', ['d@e.f']]])
  })

  it('tells each step of the way', async () => {
    const steps: string[] = []
    await resolve('info+x@example.org', ({ depth, by, through, address }) =>
      steps.push([depth, by, through, address].filter((word) => word !== undefined).join(' ')),
    )
    assert.deepEqual(steps, [
      '0 alias subaddress info+x@example.org',
      '1 account alice@example.org',
      '1 account bob@example.org',
      '1 elsewhere out@example.net',
    ])
    const other: string[] = []
    await resolve('gone@other.example', ({ by, to }) => other.push(`${by} ${to.join(' ')}`))
    assert.deepEqual(other, ['domain-alias gone@example.org', 'disabled-account gone@example.org'])
    const loop: string[] = []
    await resolve('round@example.org', ({ by }) => loop.push(by))
    assert.deepEqual(loop, ['alias', 'alias', 'looped'])
  })
})
