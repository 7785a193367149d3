import assert from 'node:assert/strict'
import { type Kit, startKit, Wire } from '../kit'
import { randomFrom, SEED } from '../random'

/** Numbers of a set in its order; a range is told low before high (RFC 5267 3.2). */
function numbers(set: string): number[] {
  return set.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number)
    return Array.from({ length: high - low + 1 }, (_number, nth) => low + nth)
  })
}

/** A client's list of results, from what it is told (RFC 5267 4.3.3 and 4.3.4). */
class Results {
  list: number[]
  constructor(
    readonly tag: string,
    /** the search, without its return options */
    readonly again: (options: string) => string,
    readonly by: 'seq' | 'uid',
    first: string | undefined,
  ) {
    this.list = first === undefined ? [] : numbers(first)
  }
  take(line: string): void {
    if (!line.startsWith(`* ESEARCH (TAG "${this.tag}")`)) {
      const expunged = /^\* (\d+) EXPUNGE$/.exec(line)
      if (!expunged || this.by === 'uid') return
      assert.ok(!this.list.includes(Number(expunged[1])), `${line}: REMOVEFROM comes first`)
      this.list = this.list.map((seq) => (seq > Number(expunged[1]) ? seq - 1 : seq))
      return
    }
    for (const [, name, pairs = ''] of line.matchAll(/(ADDTO|REMOVEFROM) \(([^)]*)\)/g)) {
      const words = pairs.split(' ')
      for (let at = 0; at < words.length; at += 2) {
        const position = Number(words[at])
        const some = numbers(words[at + 1] ?? '')
        if (name === 'ADDTO') this.#add(position, some, line)
        else this.#remove(position, some, line)
      }
    }
  }
  #add(position: number, some: readonly number[], line: string): void {
    assert.ok(!some.some((number) => this.list.includes(number)), line)
    if (position === 0) this.list = [...this.list, ...some].sort((a, b) => a - b)
    else this.list.splice(position - 1, 0, ...some)
  }
  #remove(position: number, some: readonly number[], line: string): void {
    if (position > 0) assert.deepEqual(this.list.splice(position - 1, some.length), some, line)
    else {
      assert.ok(
        some.every((number) => this.list.includes(number)),
        line,
      )
      this.list = this.list.filter((number) => !some.includes(number))
    }
  }
}

const SEARCHES: readonly { readonly by: 'seq' | 'uid'; again(options: string): string }[] = [
  { by: 'uid', again: (options) => `UID SEARCH RETURN (${options}) OR FLAGGED NOT SEEN` },
  { by: 'seq', again: (options) => `SEARCH RETURN (${options}) UNDELETED SUBJECT 1` },
  { by: 'uid', again: (options) => `UID SORT RETURN (${options}) (SUBJECT) UTF-8 NOT FLAGGED` },
  { by: 'seq', again: (options) => `SORT RETURN (${options}) (REVERSE SUBJECT ARRIVAL) UTF-8 NOT SEEN` },
]
const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted']
const STEPS = 120

describe('CONTEXT (RFC 5267): what a client keeps is what the same search finds', () => {
  let kit: Kit
  before(async () => {
    kit = await startKit()
  })
  after(() => kit.close())

  it('after random changes by itself and by another session', async () => {
    const pick = randomFrom(SEED)
    await kit.account('ctx')
    const wires = [new Wire(kit.imap), new Wire(kit.imap)] as const
    const results: Results[] = []
    let count = 0
    const ask = async (which: 0 | 1, command: string): Promise<{ lines: string[]; tag: string }> => {
      const tag = `t${++count}`
      wires[which].send(`${tag} ${command}\r\n`)
      const answer = await wires[which].until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
      const lines = answer.split('\r\n').filter((line) => line !== '')
      if (which === 0) for (const line of lines) for (const result of results) result.take(line)
      assert.match(lines.at(-1) ?? '', /^t\d+ OK/, command)
      return { lines, tag }
    }
    for (const which of [0, 1] as const) {
      await wires[which].until(/^\* OK.*\r\n/)
      await ask(which, 'LOGIN ctx pass')
    }
    const append = (): string => {
      const text = `Subject: ${pick(100)}\r\n\r\nx`
      return `APPEND INBOX ${pick(2) ? '(\\Flagged) ' : ''}{${text.length}+}\r\n${text}`
    }
    for (let nth = 0; nth < 12; nth++) await ask(0, append())
    await ask(0, 'SELECT INBOX')
    await ask(1, 'SELECT INBOX')
    for (const { by, again } of SEARCHES) {
      const { lines, tag } = await ask(0, again('UPDATE ALL'))
      const all = lines.map((line) => / ALL (\S+)$/.exec(line)?.[1]).find((set) => set !== undefined)
      results.push(new Results(tag, again, by, all))
    }
    for (let step = 0; step < STEPS; step++) {
      const which = pick(2) === 0 ? 0 : 1
      const flag = FLAGS[pick(pick(4) === 0 ? 3 : 2)] ?? '\\Seen'
      const change = pick(10)
      if (change < 3) await ask(which, append())
      else if (change < 8)
        await ask(
          which,
          `UID STORE ${1 + pick(step + 12)}:${1 + pick(step + 12)} ${pick(2) ? '+' : '-'}FLAGS.SILENT (${flag})`,
        )
      else if (change === 8) await ask(which, 'EXPUNGE')
      else await ask(0, 'FETCH 1:* (UID)').catch(() => undefined)
      if (pick(3) > 0) continue
      await ask(0, 'NOOP')
      for (const { list, again } of results) {
        const { lines } = await ask(0, again('ALL'))
        const all = lines.map((line) => / ALL (\S+)$/.exec(line)?.[1]).find((set) => set !== undefined)
        assert.deepEqual(
          list,
          all === undefined ? [] : numbers(all),
          `step ${step}: ${again('ALL')} (MAILBOX_SEED=${SEED})`,
        )
      }
    }
    assert.deepEqual(kit.errors, [])
    for (const wire of wires) wire.close()
  })
})
