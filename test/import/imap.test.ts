import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AccountReport, importAccounts, totalsOf } from '../../lib/import/accounts'
import { createPace, type Pace } from '../../lib/import/imap/pace'
import { imapSource } from '../../lib/import/imap/source'
import { prepare } from '../../lib/mime/prepare'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import { uid } from '../../lib/terms/numbers'
import { value } from '../mailbox/room'
import { type Peer, type PeerMessage, type PeerOptions, startPeer } from './imap-peer'

const PASSWORD = 'open-sesame'
const many = (count: number, text = (index: number) => `Subject: ${index}\r\n\r\nbody ${index}\r\n`): PeerMessage[] =>
  Array.from({ length: count }, (_one, index) => ({ uid: index + 1, text: text(index) }))

describe('import from another IMAP server', function () {
  this.timeout(20_000)
  let folder: string
  let store: Store
  let peer: Peer
  let count = 0
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-imap-'))
    store = await openSqliteStore({ path: path.join(folder, 'store') })
  })
  afterEach(() => peer.close())
  after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const names = async (howMany: number): Promise<string[]> => {
    const made: string[] = []
    for (let i = 0; i < howMany; i++) {
      const name = `u${++count}@example.org`
      value(await store.accounts.create({ name, credentials: {} }))
      made.push(name)
    }
    return made
  }
  const fast = (): Pace => createPace({ octets: 0, messages: 0 })
  async function bring(
    options: PeerOptions,
    accounts: readonly string[],
    { pace = fast(), parallel = 4 } = {},
  ): Promise<readonly AccountReport[]> {
    peer = await startPeer(options)
    return again(accounts, pace, parallel)
  }
  const again = (accounts: readonly string[], pace = fast(), parallel = 4): Promise<readonly AccountReport[]> =>
    importAccounts(
      { store, prepare },
      accounts,
      ({ name: user }) =>
        imapSource({
          ...{ host: '127.0.0.1', port: peer.port, secure: false, startTls: false, user, password: PASSWORD },
          ...{ pace, uidl: undefined, retryAfter: 1 },
        }),
      { dryRun: false, verify: 'new', parallel },
      () => undefined,
    )
  async function textsOf(name: string, mailbox = 'INBOX'): Promise<[number, string][]> {
    const account = await store.accounts.find(name)
    assert.ok(account)
    const found = await store.mailboxes.find(account.id, mailbox)
    assert.ok(found)
    const snapshot = await store.messages.snapshot(account.id, found.id)
    const texts: [number, string][] = []
    for await (const rows of store.messages.rows(account.id, found.id, [...(snapshot?.uids ?? [])].map(uid))) {
      for (const row of rows) {
        texts.push([row.uid, String(await store.messages.read(account.id, row.emailId, 0, row.size))])
      }
    }
    return texts
  }
  const expected = (messages: readonly PeerMessage[]) => messages.map((one) => [one.uid, one.text])
  const problemsOf = (reports: readonly AccountReport[]) =>
    reports.flatMap(({ mailboxes, refused }) => [
      ...(refused ? [refused] : []),
      ...mailboxes.flatMap((m) => m.problems),
    ])

  it('reads mailboxes in parallel, never by more connections than it may', async () => {
    const mailboxes = Object.fromEntries(['INBOX', 'a', 'b', 'c', 'd', 'e'].map((name) => [name, many(3)]))
    // Three FETCHes have to be under way at once for any of them to end.
    let waiting: (() => void)[] = []
    let left = 6
    const before = (): Promise<void> =>
      new Promise((resolve) => {
        waiting.push(resolve)
        if (waiting.length < Math.min(3, left)) return
        left -= waiting.length
        for (const go of waiting) go()
        waiting = []
      })
    const [name = ''] = await names(1)
    const reports = await bring({ mailboxes, before }, [name], { parallel: 3 })
    assert.deepEqual(problemsOf(reports), [])
    assert.equal(peer.mostConnections(), 3)
    for (const mailbox of Object.keys(mailboxes)) assert.deepEqual(await textsOf(name, mailbox), expected(many(3)))
  })

  it('reads accounts in parallel, by one connection each', async () => {
    const accounts = await names(5)
    const reports = await bring({ mailboxes: { INBOX: many(4), Sent: many(2) } }, accounts, { parallel: 2 })
    assert.deepEqual(problemsOf(reports), [])
    assert.ok(peer.mostConnections() <= 2, String(peer.mostConnections()))
    assert.deepEqual(
      { ...totalsOf(reports), octets: 0 },
      {
        ...{ accounts: 5, found: 30, added: 30, octets: 0, there: 0, problems: 0, refused: 0 },
        ...{ doubts: 0, passedOver: 0, maybeMail: 0 },
      },
    )
    assert.equal(totalsOf(await again(accounts)).there, 30)
  })

  it('asks for no more at once than a command may bring: by messages, by octets, large ones in pieces', async () => {
    const big = 'x'.repeat(150_000)
    const messages = [...many(120, (index) => `Subject: ${index}\r\n\r\n${'y'.repeat(1000)}\r\n`)]
    messages.push({ uid: 200, text: `Subject: big\r\n\r\n${big}` }, { uid: 201, text: 'Subject: last\r\n\r\n' })
    const pace = { ...fast(), octets: 40_000 }
    const [name = ''] = await names(1)
    assert.deepEqual(problemsOf(await bring({ mailboxes: { INBOX: messages } }, [name], { pace })), [])
    assert.deepEqual(await textsOf(name), expected(messages))
    assert.ok(Math.max(...peer.answers) <= 40_000, String(peer.answers))
    // 120 in batches of 38; four pieces; the last.
    assert.ok(peer.answers.length < 12, String(peer.answers))
  })

  it('waits between commands as the rate has it, whatever the size of a message', async () => {
    let now = 0
    const pace = createPace(
      { octets: 20_000, messages: 10 },
      () => now,
      async (ms) => {
        now += ms
      },
    )
    const messages = [...many(30), { uid: 50, text: `Subject: big\r\n\r\n${'x'.repeat(100_000)}` }]
    const [name = ''] = await names(1)
    assert.deepEqual(problemsOf(await bring({ mailboxes: { INBOX: messages } }, [name], { pace })), [])
    // 30 small messages are 3 s, 100,000 octets are 5 s.
    assert.ok(now >= 8000 && now < 9000, String(now))
    assert.ok(Math.max(...peer.answers) <= 20_000, String(peer.answers))
  })

  it('a connection that breaks is made again, and the message goes on at the piece where it was', async () => {
    const messages = [
      { uid: 1, text: `Subject: big\r\n\r\n${'x'.repeat(100_000)}` },
      ...many(5).map((one) => ({ ...one, uid: one.uid + 1 })),
    ]
    const broken = new Set<string>()
    const instead = (command: string, times: number): 'break' | undefined => {
      if (times > 1 || !/UID FETCH.*BODY\.PEEK/.test(command)) return undefined
      broken.add(command)
      return 'break'
    }
    const [name = ''] = await names(1)
    const pace = { ...fast(), octets: 30_000 }
    assert.deepEqual(problemsOf(await bring({ mailboxes: { INBOX: messages }, instead }, [name], { pace })), [])
    assert.deepEqual(await textsOf(name), expected(messages))
    assert.ok(broken.size >= 5)
    assert.equal(peer.commands.filter((one) => /<0\.30000>/.test(one)).length, 2)
  })

  it('a message that ends every connection is left out and told; its neighbours come', async () => {
    const instead = (command: string): 'break' | undefined => {
      const [, set = ''] = /UID FETCH (\S+) .*BODY\.PEEK/.exec(command) ?? []
      return set.split(',').includes('3') ? 'break' : undefined
    }
    const [name = ''] = await names(1)
    const reports = await bring({ mailboxes: { INBOX: many(6) }, instead }, [name])
    assert.match(problemsOf(reports).join(), /^INBOX 3: the server breaks off/)
    assert.deepEqual(
      (await textsOf(name)).map(([one]) => one),
      [1, 2, 4, 5, 6],
    )
  })

  it('a server that goes for good is told; what came stays, and the next run goes on there', async () => {
    let gone = false
    const instead = (command: string): 'break' | undefined => {
      if (/UID FETCH .*4.*BODY\.PEEK/.test(command)) gone = true
      return gone ? 'break' : undefined
    }
    const [name = ''] = await names(1)
    const pace = { ...fast(), messages: 1 }
    const mailboxes = { INBOX: many(6), Sent: many(2) }
    const reports = await bring({ mailboxes, instead }, [name], { pace, parallel: 1 })
    const problems = problemsOf(reports).join('\n')
    assert.match(problems, /INBOX: not read to its end: 127\.0\.0\.1:\d+ cannot be reached/)
    assert.match(problems, /Sent: not read: 127\.0\.0\.1:\d+ cannot be reached/)
    assert.equal((await textsOf(name)).length, 3)
    await peer.close()
    assert.deepEqual(problemsOf(await bring({ mailboxes }, [name])), [])
    assert.deepEqual(await textsOf(name), expected(many(6)))
    assert.deepEqual(await textsOf(name, 'Sent'), expected(many(2)))
  })

  it('run again, it fetches no more than it needs to know the mailbox', async () => {
    const [name = ''] = await names(1)
    await bring({ mailboxes: { INBOX: many(120) } }, [name])
    const before = peer.answers.length
    assert.deepEqual(problemsOf(await again([name])), [])
    const octets = peer.answers.slice(before).reduce((sum, one) => sum + one, 0)
    // The first ten and the last ten of about 30 octets.
    assert.ok(octets > 0 && octets < 800, String(octets))
  })

  it('a refused mailbox is told, the others come; a refused login stops the account, without its password', async () => {
    const instead = (command: string): string | undefined =>
      /^STATUS "?b\b/.test(command) ? 'TAG NO [NOPERM] no\r\n' : undefined
    const [name = '', other = ''] = await names(2)
    const reports = await bring({ mailboxes: { INBOX: many(2), b: many(1), c: many(1) }, instead }, [name])
    assert.match(problemsOf(reports).join(), /^b: /)
    assert.equal(totalsOf(reports).added, 3)
    await peer.close()
    const refuse = (command: string): string | undefined =>
      /^LOGIN/.test(command) ? `TAG NO [AUTHENTICATIONFAILED] not with ${PASSWORD}\r\n` : undefined
    const refused = await bring({ mailboxes: {}, instead: refuse }, [other, 'nobody@example.org'])
    assert.match(refused[0]?.refused ?? '', /^127\.0\.0\.1 refuses the login of u\d+@example\.org: not with \*\*\*$/)
    assert.match(refused[1]?.refused ?? '', /there is no account nobody@example\.org/)
    assert.equal(totalsOf(refused).refused, 2)
    assert.equal(peer.commands.filter((one) => /^LOGIN/.test(one)).length, 1, 'tried once: more would bar the account')
  })

  it('a login that is refused for now is tried again', async () => {
    const instead = (command: string, times: number): string | undefined =>
      /^LOGIN/.test(command) && times < 3 ? 'TAG NO [UNAVAILABLE] too many connections\r\n' : undefined
    const [name = ''] = await names(1)
    assert.deepEqual(problemsOf(await bring({ mailboxes: { INBOX: many(2) }, instead }, [name])), [])
    assert.equal(peer.logins(), 1)
  })

  it('a search that is refused is no empty mailbox', async () => {
    const instead = (command: string): string | undefined =>
      /^UID SEARCH/.test(command) ? 'TAG NO try later\r\n' : undefined
    const [name = ''] = await names(1)
    const reports = await bring({ mailboxes: { INBOX: many(2) }, instead }, [name])
    assert.match(problemsOf(reports).join(), /^INBOX: not read to its end: /)
  })

  it('messages that are deleted there meanwhile are not missing', async () => {
    const instead = (command: string): string | undefined =>
      /^UID FETCH.*BODY\.PEEK/.test(command)
        ? 'TAG OK done\r\n'
        : /^UID SEARCH (UID )?2$/.test(command)
          ? '* SEARCH 2\r\nTAG OK\r\n'
          : /^UID SEARCH (UID )?1$/.test(command)
            ? '* SEARCH\r\nTAG OK\r\n'
            : undefined
    const [name = ''] = await names(1)
    const reports = await bring({ mailboxes: { INBOX: many(2) }, instead }, [name])
    assert.deepEqual(problemsOf(reports), ['INBOX 2: the server sends no text'])
  })
})
