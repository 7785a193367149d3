import assert from 'node:assert/strict'
import { type Kit, startKit, Wire } from '../kit'

/** A small repeatable generator, so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Known {
  uid: number | undefined
  flags: string | undefined
}

/** What one client knows of the mailbox, from what it was told and nothing else. */
class Client {
  readonly messages: Known[] = []
  #tag = 0

  private constructor(readonly wire: Wire) {}

  static async open(kit: Kit, user: string): Promise<Client> {
    const client = new Client(new Wire(kit.imap))
    await client.wire.until(/^\* OK.*\r\n/)
    await client.run(`LOGIN ${user} pass`)
    await client.run('SELECT INBOX')
    return client
  }

  /** Runs a command and checks every untagged response against what is known. */
  async run(command: string): Promise<string> {
    const tag = `t${++this.#tag}`
    this.wire.send(`${tag} ${command}\r\n`)
    const answer = await this.wire.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
    assert.doesNotMatch(answer, /SERVERBUG|^t\d+ BAD/m, `${command}: ${answer}`)
    const frozen = /^(FETCH|STORE|SEARCH|COPY) /.test(command)
    for (const line of answer.split('\r\n')) this.#take(line, frozen, command)
    return answer
  }

  #take(line: string, frozen: boolean, command: string): void {
    const match = /^\* (\d+) (EXISTS|EXPUNGE|FETCH)(?: \((.*)\))?$/.exec(line)
    if (!match) return
    const [, number = '', word, data = ''] = match
    const value = Number(number)
    if (word === 'EXISTS') {
      assert.ok(value >= this.messages.length, `${command}: EXISTS went down to ${value} without EXPUNGE`)
      while (this.messages.length < value) this.messages.push({ uid: undefined, flags: undefined })
      return
    }
    assert.ok(
      value >= 1 && value <= this.messages.length,
      `${command}: ${line}, but ${this.messages.length} messages are known`,
    )
    if (word === 'EXPUNGE') {
      assert.ok(!frozen, `${command}: EXPUNGE while sequence numbers are in use`)
      this.messages.splice(value - 1, 1)
      return
    }
    const known = this.messages[value - 1]
    assert.ok(known)
    const uid = /\bUID (\d+)/.exec(data)?.[1]
    if (uid !== undefined) {
      assert.ok(
        known.uid === undefined || known.uid === Number(uid),
        `${command}: message ${value} was UID ${known.uid}, now ${uid}`,
      )
      known.uid = Number(uid)
    }
    const flags = /FLAGS \(([^)]*)\)/.exec(data)?.[1]
    if (flags !== undefined) known.flags = flags.replace('\\Recent', '').trim()
  }

  get length(): number {
    return this.messages.length
  }
}

function commandOf(pick: (below: number) => number, client: Client, serial: number): string {
  const seq = client.length > 0 ? 1 + pick(client.length) : 0
  const flag = ['\\Seen', '\\Flagged', '\\Deleted', 'work'][pick(4)]
  const append = `APPEND INBOX {20+}\r\nSubject: ${String(serial).padStart(5, '0')}\r\n\r\nx`
  if (seq === 0) return append
  const choices = [
    append,
    `FETCH ${seq} (UID FLAGS)`,
    'FETCH 1:* (UID FLAGS)',
    `STORE ${seq} +FLAGS (${flag})`,
    `STORE ${seq} -FLAGS.SILENT (${flag})`,
    `UID STORE 1:* +FLAGS.SILENT (work)`,
    `UID SEARCH UNDELETED`,
    'SEARCH FLAGGED',
    `COPY ${seq} INBOX`,
    `UID MOVE ${client.messages[seq - 1]?.uid ?? 1} Other`,
    'EXPUNGE',
    'NOOP',
  ]
  return choices[pick(choices.length)] ?? 'NOOP'
}

const uidsAndFlags = (client: Client): string[] =>
  client.messages.map(({ uid, flags }) => `${uid} ${(flags ?? '').split(' ').sort().join(' ')}`)

describe('IMAP under many sessions in one mailbox', function () {
  this.timeout(60_000)
  for (const [sessions, rounds] of [
    [10, process.env.MAILBOX_LONG ? 2000 : 60],
    [50, process.env.MAILBOX_LONG ? 500 : 12],
  ] as const) {
    it(`${sessions} sessions, ${rounds} commands each: every response fits what was said before, and all end alike`, async () => {
      const kit = await startKit()
      try {
        const id = await kit.account('many')
        await kit.room.account({ id, name: 'many', overrides: {}, admin: false }).create('Other')
        const clients = await Promise.all(Array.from({ length: sessions }, () => Client.open(kit, 'many')))
        let serial = 0
        await Promise.all(
          clients.map(async (client, index) => {
            const pick = random(index + 1)
            for (let round = 0; round < rounds; round++) await client.run(commandOf(pick, client, serial++))
          }),
        )
        for (const client of clients) await client.run('NOOP')
        for (const client of clients) await client.run('FETCH 1:* (UID FLAGS)').catch(() => undefined)
        const [first, ...others] = clients
        assert.ok(first)
        for (const other of others) assert.deepEqual(uidsAndFlags(other), uidsAndFlags(first))
        const inbox = await kit.store.mailboxes.find(id, 'INBOX')
        assert.ok(inbox)
        const snapshot = await kit.store.messages.snapshot(id, inbox.id)
        assert.deepEqual(
          first.messages.map(({ uid }) => uid),
          [...(snapshot?.uids ?? [])],
        )
        assert.deepEqual(await kit.store.check(id), [])
        assert.deepEqual(kit.errors, [])
        for (const client of clients) client.wire.close()
      } finally {
        await kit.close()
      }
    })
  }
})
