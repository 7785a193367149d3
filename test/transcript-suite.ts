import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { type Kit, type KitOptions, kitOrSkip } from './kit'
import { DEFAULT_DRIVER, DRIVERS } from './stores'
import { play, readTranscripts } from './transcript'

/** Every store, and once more with the octets one at a time. */
const PASSES = [
  ...DRIVERS.map((driver) => ({ driver, chunk: 'whole' as const })),
  { driver: DEFAULT_DRIVER, chunk: 'bytes' as const },
]

/**
 * The transcripts of a folder against one port of a kit.
 */
export function transcriptSuite(
  protocol: string,
  port: 'imap' | 'pop3' | 'sieve',
  folder: string,
  options: Omit<KitOptions, 'store'> = {},
): void {
  for (const { driver, chunk } of PASSES) {
    const how = chunk === 'whole' ? 'as they are written' : 'one at a time'
    describe(`${protocol} transcripts on ${driver}, octets ${how}`, () => {
      let kit: Kit
      before(async function () {
        const opened = await kitOrSkip(driver, options)
        if (!opened) return this.skip()
        kit = opened
      })
      after(() => kit?.close())
      for (const file of readdirSync(folder)) {
        for (const transcript of readTranscripts(path.join(folder, file))) {
          it(transcript.title, async () => {
            await play(kit, kit[port], transcript, chunk)
            assert.deepEqual(kit.errors, [])
          })
        }
      }
    })
  }
}
