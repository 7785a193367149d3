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

/** One message for alice by LMTP, as it is: its lines must not begin with a dot. */
export async function deliver(site: Site, message: Buffer): Promise<void> {
  const lmtp = site.connect(site.demo.lmtp)
  await lmtp.until('220 ')
  for (const [line, answer] of [
    ['LHLO bomb', '250 '],
    ['MAIL FROM:<s@example.net>', '250 '],
    ['RCPT TO:<alice@example.org>', '250 '],
    ['DATA', '354 '],
  ] as const) {
    lmtp.send(`${line}\r\n`)
    await lmtp.until(answer)
  }
  lmtp.send(message)
  lmtp.send('\r\n.\r\n')
  await lmtp.until('250 ')
  lmtp.close()
}
