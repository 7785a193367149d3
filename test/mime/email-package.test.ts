import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import path from 'node:path'
import { prepare } from '../../lib/mime/prepare'
import type { Part } from '../../lib/mime/prepared'
import { parseAddresses } from '../../lib/mime/read/addresses'
import { fieldOf, messageFields } from '../../lib/mime/read/header'
import { decodePart } from '../../lib/mime/text/transfer'

/** What both parsers are asked of a part; octets as latin1 text. */
interface Seen {
  readonly type: string
  readonly params: readonly (readonly [string, string])[]
  readonly disposition: string | null
  readonly encoding: string
  readonly children?: readonly Seen[]
  readonly message?: Seen
  readonly raw?: string
  readonly decoded?: string
}

interface Line {
  readonly raw: string
  readonly tree: Seen
  readonly subject: string
  readonly to: readonly (readonly [string, string])[]
}

function seen(octets: Buffer, part: Part): Seen {
  const facts = {
    type: `${part.type}/${part.subtype}`,
    // RFC 2046 4.1.2: the default that BODYSTRUCTURE tells
    params: part.params
      .filter(([name, value]) => name !== 'charset' || value !== 'us-ascii')
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    disposition: part.disposition?.type ?? null,
    encoding: part.encoding,
  }
  if (part.type === 'multipart') return { ...facts, children: part.children.map((child) => seen(octets, child)) }
  if (part.message) return { ...facts, message: seen(octets, part.message) }
  const body = octets.subarray(part.bodyStart, part.bodyEnd)
  return { ...facts, raw: body.toString('latin1'), decoded: decodePart(body, part.encoding)?.toString('latin1') ?? '' }
}

const SEEDS = process.env.MAILBOX_LONG ? 50 : 1

describe("MIME, compared with Python's email package", () => {
  before(function () {
    if (spawnSync('python3', ['--version']).status !== 0) this.skip()
  })
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`structures, octets, subjects and addresses are the same, seed ${seed}`, function () {
      this.timeout(60_000)
      const script = path.join(__dirname, 'email-package.py')
      const output = execFileSync('python3', [script, String(seed), '1000'], { maxBuffer: 1 << 30 }).toString()
      const lines = output.trim().split('\n')
      assert.equal(lines.length, 1000)
      for (const line of lines) {
        const { raw, tree, subject, to }: Line = JSON.parse(line)
        const octets = Buffer.from(raw, 'base64')
        const { structure, keys } = prepare(octets)
        const told = octets.toString()
        assert.deepEqual(seen(octets, structure), tree, told)
        assert.equal(keys.subject, subject.replace(/\s+/g, ' '), told)
        const field = fieldOf(messageFields(octets), 'to') ?? ''
        const addresses = parseAddresses(field).map(({ name, mailbox, host }) => [name ?? '', `${mailbox}@${host}`])
        assert.deepEqual(addresses, to, told)
      }
    })
  }
})
