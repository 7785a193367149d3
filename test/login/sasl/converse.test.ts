import assert from 'node:assert/strict'
import type { LoginAnswer, SaslExchange, SaslStep } from '../../../lib/login/login'
import { converse, type FinalData, fromBase64, initialResponse } from '../../../lib/login/sasl/converse'

const GRANTED: LoginAnswer = {
  kind: 'granted',
  identity: { id: 'a', name: 'ann@example.org', overrides: {}, admin: false },
}
const text = (octets: string): string => Buffer.from(octets).toString('base64')
const challenge = (octets: string): SaslStep => ({ kind: 'challenge', octets: Buffer.from(octets) })

/** What is said on the wire, in order, and how it ends. @param lines what the client answers; no more: it is gone */
async function talk(steps: readonly SaslStep[], lines: readonly string[], finalData: FinalData, initial?: string) {
  const wire: string[] = []
  const left = [...steps]
  const exchange: SaslExchange = {
    step: async (response) => {
      wire.push(response === undefined ? 'begins' : `C ${response}`)
      return left.shift() ?? { kind: 'done', answer: { kind: 'invalid' } }
    },
  }
  const answers = [...lines]
  const end = await converse(exchange, initial === undefined ? undefined : Buffer.from(initial), {
    finalData,
    challenge: (base64) => wire.push(`S ${base64}`),
    read: async () => answers.shift() ?? ({ kind: 'gone' } as const),
  })
  return { wire, end }
}

/** RFC 4422 3: one conversation for IMAP, POP3 and ManageSieve; SMTP has the same turns. */
describe('a SASL conversation', () => {
  for (const finalData of ['challenge', 'success'] as const) {
    it(`asks until there is an answer (final data: ${finalData})`, async () => {
      const { wire, end } = await talk([challenge('name'), challenge('word')], [text('ann'), ''], finalData)
      assert.deepEqual(wire, ['begins', `S ${text('name')}`, 'C ann', `S ${text('word')}`, 'C '])
      assert.deepEqual(end, { kind: 'answered', answer: { kind: 'invalid' } })
    })

    it(`an initial response is the first step; empty is not absent (final data: ${finalData})`, async () => {
      assert.deepEqual((await talk([], [], finalData, '')).wire, ['C '])
      assert.deepEqual((await talk([], [], finalData, 'ann')).wire, ['C ann'])
    })

    for (const [line, why] of [
      ['*', 'cancelled'],
      ['YQ', 'base64'],
      ['YQ=', 'base64'],
      ['Y Q==', 'base64'],
      ['-_==', 'base64'],
      ['=', 'base64'],
      ['**', 'base64'],
    ] as const)
      it(`${line} gives it up, unseen by the mechanism (final data: ${finalData})`, async () => {
        const { wire, end } = await talk([challenge('')], [line], finalData)
        assert.deepEqual(wire, ['begins', 'S '])
        assert.deepEqual(end, { kind: 'given-up', why })
      })

    it(`why there is no answer ends it (final data: ${finalData})`, async () => {
      assert.deepEqual((await talk([challenge('')], [], finalData)).end, { kind: 'gone' })
    })
  }

  const proven: SaslStep = { kind: 'done', answer: GRANTED, final: Buffer.from('v=1') }

  it('additional data with success is one more challenge, and the mechanism is asked no more', async () => {
    const { wire, end } = await talk([proven], [''], 'challenge')
    assert.deepEqual(wire, ['begins', `S ${text('v=1')}`])
    assert.deepEqual(end, { kind: 'answered', answer: GRANTED })
  })

  it('a client that does not believe the server gives up there, and is not let in', async () => {
    assert.deepEqual((await talk([proven], ['*'], 'challenge')).end, { kind: 'given-up', why: 'cancelled' })
    assert.deepEqual((await talk([proven], [], 'challenge')).end, { kind: 'gone' })
  })

  it('or it goes with the success', async () => {
    const { wire, end } = await talk([proven], [], 'success')
    assert.deepEqual(wire, ['begins'])
    assert.deepEqual(end, { kind: 'answered', answer: GRANTED, final: Buffer.from('v=1') })
  })

  it('a refusal has no final data, whatever the mechanism says', async () => {
    const refused: SaslStep = { kind: 'done', answer: { kind: 'invalid' }, final: Buffer.from('v=1') }
    for (const finalData of ['challenge', 'success'] as const)
      assert.deepEqual((await talk([refused], [], finalData)).end, { kind: 'answered', answer: { kind: 'invalid' } })
  })

  it('`=` is an initial response of no octets, and nowhere else', () => {
    assert.deepEqual(initialResponse('='), Buffer.alloc(0))
    assert.equal(initialResponse('=='), undefined)
    assert.equal(fromBase64('='), undefined)
    assert.deepEqual(initialResponse(text('ann')), Buffer.from('ann'))
  })
})
