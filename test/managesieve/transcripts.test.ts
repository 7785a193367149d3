import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { type Kit, startKit } from '../kit'
import { play, readTranscripts } from '../transcript'

const folder = path.join(__dirname, 'transcripts')

for (const chunk of ['whole', 'bytes'] as const) {
  describe(`ManageSieve transcripts, octets ${chunk === 'whole' ? 'as they are written' : 'one at a time'}`, () => {
    let kit: Kit
    before(async () => {
      kit = await startKit({ sieve: { limits: { bad_commands: '4' } } })
    })
    after(() => kit.close())
    for (const file of readdirSync(folder)) {
      for (const transcript of readTranscripts(path.join(folder, file))) {
        it(transcript.title, async () => {
          await play(kit, kit.sieve, transcript, chunk)
          assert.deepEqual(kit.errors, [])
        })
      }
    }
  })
}
