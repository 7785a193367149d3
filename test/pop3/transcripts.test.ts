import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { type Kit, startKit } from '../kit'
import { databaseOrSkip, openTestStore, type TestDatabase } from '../postgres'
import { play, readTranscripts } from '../transcript'

const folder = path.join(__dirname, 'transcripts')

const passes = [
  { driver: 'lmdb', chunk: 'whole' },
  { driver: 'lmdb', chunk: 'bytes' },
  { driver: 'postgres', chunk: 'whole' },
] as const

for (const { driver, chunk } of passes) {
  const how = chunk === 'whole' ? 'as they are written' : 'one at a time'
  describe(`POP3 transcripts on ${driver}, octets ${how}`, () => {
    let kit: Kit
    let database: TestDatabase | undefined
    before(async function () {
      database = driver === 'postgres' ? await databaseOrSkip() : undefined
      if (driver === 'postgres' && !database) return this.skip()
      kit = await startKit(database && { store: await openTestStore(database) })
    })
    after(async () => {
      await kit?.close()
      await database?.drop()
    })
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
