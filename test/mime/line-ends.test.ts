import assert from 'node:assert/strict'
import { addedByLineEnds, asLines, canonicalLines } from '../../lib/mime/write/line-ends'
import { randomFrom, SEED } from '../random'

async function* cut(octets: Buffer, sizes: () => number): AsyncGenerator<Buffer> {
  for (let at = 0; at < octets.length; ) {
    const size = sizes()
    yield octets.subarray(at, at + size)
    at += size
  }
}
async function joined(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString('latin1')
}
/** Obviously right: octet by octet. */
const model = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n')

describe('line ends', () => {
  it('bare LF and bare CR become CRLF, wherever the pieces are cut', async () => {
    const texts = [
      '',
      'a',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\r',
      '\r\r\n',
      '\n\r',
      'a\nb\rc\r\nd',
      '\r\n\r',
      'x\r\n.\n.\r.\r\n',
      '\n\r\n\r',
    ]
    for (const text of texts) {
      for (let size = 1; size <= text.length + 1; size++) {
        const octets = Buffer.from(text, 'latin1')
        assert.equal(await joined(canonicalLines(cut(octets, () => size))), model(text), JSON.stringify([text, size]))
        assert.equal(asLines(octets).toString('latin1'), model(text).replace(/[^\n]$/, '$&\r\n'), JSON.stringify(text))
      }
    }
  })

  it('the octets that are added are counted, with the end that the last line may lack', async () => {
    const random = randomFrom(SEED)
    for (let run = 0; run < 3000; run++) {
      const text = Array.from({ length: random(30) }, () => ['\r', '\n', '\r\n', '.', 'a', 'bc'][random(6)]).join('')
      const wire = model(text)
      const whole = wire === '' || wire.endsWith('\r\n') ? wire : `${wire}\r\n`
      const octets = Buffer.from(text, 'latin1')
      assert.equal(
        octets.length + addedByLineEnds(octets),
        whole.length,
        `MAILBOX_SEED=${SEED}: ${JSON.stringify(text)}`,
      )
      assert.equal(
        await joined(canonicalLines(cut(octets, () => 1 + random(5)))),
        wire,
        `MAILBOX_SEED=${SEED}: ${JSON.stringify(text)}`,
      )
    }
  })
})
