import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { type Kit, kitOrSkip } from '../kit'
import { DEFAULT_DRIVER, DRIVERS } from '../stores'
import { play, readTranscripts } from '../transcript'

const folder = path.join(__dirname, 'transcripts')

const passes = [
  ...DRIVERS.map((driver) => ({ driver, chunk: 'whole' as const })),
  { driver: DEFAULT_DRIVER, chunk: 'bytes' as const },
]

for (const { driver, chunk } of passes) {
  const how = chunk === 'whole' ? 'as they are written' : 'one at a time'
  describe(`POP3 transcripts on ${driver}, octets ${how}`, () => {
    let kit: Kit
    before(async function () {
      const made = await kitOrSkip(driver)
      if (!made) return this.skip()
      kit = made
    })
    after(() => kit?.close())
    for (const file of readdirSync(folder)) {
      for (const transcript of readTranscripts(path.join(folder, file))) {
        it(transcript.title, async () => {
          await play(kit, kit.pop3, transcript, chunk)
          assert.deepEqual(kit.errors, [])
        })
      }
    }
  })
}
