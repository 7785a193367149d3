import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { eventually } from '../../eventually'
import { Wire } from '../../kit'
import { type Demo, freePorts, removeHome, startDemo } from '../demo'

const MOST = 20
const MANY = 100

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor).startsWith('socket:')
  } catch {
    // It was closed meanwhile.
    return false
  }
}

/** Sockets of the demo's Haraka: files of the store are opened in the background. */
function sockets(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean)
  const all = children.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`))
  return all.filter(isSocket).length
}

describe('more clients than there are places', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    const [lmtp = 0] = await freePorts(1)
    const limits = ['imap', 'pop3', 'lmtp'].flatMap((name) => [
      '--set',
      `mailbox_${name}.ini:limits.connections=${MOST}`,
    ])
    demo = await startDemo(['--nodes', '0', '--lmtp', String(lmtp), ...limits])
    // What is opened for the first client of each stays open.
    for (const name of ['imap', 'pop3', 'lmtp'] as const) {
      const wire = new Wire(demo[name])
      await wire.until(/\r\n/)
      wire.close()
    }
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  for (const [name, served, refused, command, answer] of [
    ['imap', /^\* OK /, /^\* BYE \[LIMIT\] Too many connections\r\n$/, 'a NOOP', /a OK .*\r\n/],
    ['pop3', /^\+OK /, /^-ERR \[SYS\/TEMP\] Too many connections\r\n$/, 'CAPA', /\r\n\.\r\n/],
    ['lmtp', /^220 /, /^421 4\.7\.0 .*\r\n$/, 'LHLO x', /250 .*\r\n/],
  ] as const) {
    it(`${name}: so many are served, the others are told and let go; there is room again at once`, async () => {
      const before = process.platform === 'linux' ? sockets(demo.pid) : 0
      const greeted = async (wire: Wire): Promise<string> => wire.until(/.*\r\n/)
      const wires = Array.from({ length: MANY }, () => new Wire(demo[name]))
      const greetings = await Promise.all(wires.map(greeted))
      const inside = wires.filter((_wire, at) => served.test(greetings[at] ?? ''))
      assert.equal(inside.length, MOST)
      assert.equal(greetings.filter((one) => refused.test(one)).length, MANY - MOST, greetings.join(''))
      for (const wire of inside) wire.send(`${command}\r\n`)
      await Promise.all(inside.map((wire) => wire.until(answer)))
      const outside = wires.filter((wire) => !inside.includes(wire))
      await Promise.all(outside.map((wire) => wire.end()))
      for (const wire of outside) wire.close()

      const [one] = inside
      assert.ok(one)
      const gone = once(one.socket, 'close')
      one.send({ imap: 'b LOGOUT\r\n', pop3: 'QUIT\r\n', lmtp: 'QUIT\r\n' }[name])
      await one.end()
      one.close()
      await gone
      const next = new Wire(demo[name])
      assert.match(await greeted(next), served)
      for (const wire of [...inside, next]) wire.close()
      if (process.platform !== 'linux') return
      await eventually('no sockets are left', () => sockets(demo.pid) <= before)
    })
  }
})
