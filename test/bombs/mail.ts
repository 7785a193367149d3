import assert from 'node:assert/strict'
import type { Site } from './bomb'

/** Mail for the bombs. */
const MEGABYTE = 1024 * 1024

/** 40 messages of 1 MB of text. */
export async function manyTexts(site: Site): Promise<void> {
  const alice = await site.imap()
  const status = await alice.imap('CREATE Big')
  if (!status.startsWith('OK')) return
  const line = 'The quick brown fox jumps over the lazy dog, and so on and on.\r\n'
  for (let nth = 0; nth < 40; nth++) {
    const head = `Subject: number ${(nth * 7919) % 40}\r\nMessage-ID: <${nth}@example.org>\r\n\r\n`
    assert.match(await alice.append('Big', Buffer.from(head + line.repeat(MEGABYTE / line.length))), /^OK/)
  }
}
