import assert from 'node:assert/strict'
import { bombs, type Site } from './bomb'
import { deliver } from './mail'

const SIZE = 10_000_000
const repeat = (text: string, size = SIZE): string => text.repeat(Math.ceil(size / text.length)).slice(0, size)
const field = (name: string, value: string): string => `${name}: ${value}\r\n\r\nbody\r\n`
const nested = (): string => {
  const levels: string[] = []
  for (let depth = 0; depth < 20_000; depth++)
    levels.push(`Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n`)
  return levels.join('')
}

/** Messages of 10 MB that are nothing but one construction. */
const MESSAGES: Readonly<Record<string, () => string>> = {
  'parts without end': () => `Content-Type: multipart/mixed; boundary=a\r\n\r\n${repeat('--a\r\n\r\nx\r\n')}`,
  'multiparts in multiparts': nested,
  'messages in messages': () => repeat('Content-Type: message/rfc822\r\n\r\n'),
  'header fields': () => `${repeat('X-A: b\r\n')}\r\n\r\nx`,
  'encoded words': () => field('Subject', repeat('=?utf-8?q?=C3=A4?=\r\n ')),
  addresses: () => field('To', `${repeat('a@b.example,\r\n ')}x@y`),
  comments: () => field('To', repeat('(')),
  'quoted strings': () => field('From', repeat('"a\\" <')),
  'RFC 2231 parameters': () =>
    field('Content-Type', `text/plain${Array.from({ length: 500_000 }, (_, nth) => `; a*${nth}*=b`).join('')}`),
  references: () => field('References', repeat('<a@b>\r\n ')),
  'replies to replies': () => field('Subject', repeat('Re: [a] ')),
  'a date in comments': () => field('Date', repeat('( ')),
  'HTML of open tags': () => `Content-Type: text/html\r\n\r\n${repeat('<b>')}`,
  'quoted-printable of equal signs': () =>
    `Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain\r\n\r\n${repeat('= ')}`,
  'base64 of padding': () => `Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n${repeat('A=')}`,
}

/** Also what an ordinary message goes through before, so that memory which large mail takes anyway is not the bomb's. */
async function throughEverything(site: Site, message: string): Promise<void> {
  await deliver(site, Buffer.from(message, 'latin1'))
  const alice = await site.imap()
  await alice.imap('SELECT INBOX')
  assert.match(await alice.imap('FETCH * (ENVELOPE BODYSTRUCTURE BODY PREVIEW BODY.PEEK[HEADER])'), /^OK/)
  assert.match(
    await alice.imap('FETCH * (BINARY.PEEK[1] BINARY.SIZE[1] BODY.PEEK[HEADER.FIELDS (SUBJECT X-A TO)])'),
    /^(?:OK|NO)/,
  )
  assert.match(await alice.imap('SEARCH OR TEXT nowhere HEADER X-A nothing'), /^OK/)
  assert.match(await alice.imap('SORT (SUBJECT FROM) UTF-8 ALL'), /^OK/)
  assert.match(await alice.imap('THREAD REFERENCES UTF-8 ALL'), /^OK/)
  await alice.imap('STORE 1:* +FLAGS (\\Deleted)')
  await alice.imap('EXPUNGE')
}

bombs(
  'messages',
  Object.fromEntries(
    Object.entries(MESSAGES).map(([name, make]) => [
      `10 MB of ${name}: delivered, listed, searched and fetched`,
      {
        prepare: (site: Site) => throughEverything(site, `Subject: a\r\n\r\n${repeat('an ordinary line of text\r\n')}`),
        run: (site: Site) => throughEverything(site, make()),
      },
    ]),
  ),
)
