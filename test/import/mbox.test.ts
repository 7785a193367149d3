import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseMboxMessage } from '../../lib/import/mbox/message'
import { mboxSource } from '../../lib/import/mbox/source'
import type { Source } from '../../lib/import/source'
import { type ImportRoom, importRoom, readAll } from './kit'

const line = (second: number, sender = 'ann@a.test'): string => `From ${sender} Mon Nov  2 10:00:0${second} 2026`
const head = (subject: string): string => `From: ann@a.test\nSubject: ${subject}\n`

async function read(text: string): Promise<{ readonly texts: readonly string[]; readonly doubts: readonly string[] }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-mbox-'))
  try {
    writeFileSync(path.join(folder, 'x'), text, 'latin1')
    const source = mboxSource(path.join(folder, 'x'), 'INBOX')
    const { INBOX: texts = [] } = await readAll(source)
    return { texts, doubts: await doubtsOf(source) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function doubtsOf(source: Source): Promise<readonly string[]> {
  const doubts: string[] = []
  for await (const mailbox of source.mailboxes()) doubts.push(...(mailbox.doubts?.() ?? []))
  return doubts
}

const body = (message: string | undefined): string => message?.slice(message.indexOf('\r\n\r\n') + 4) ?? ''
const subjects = (texts: readonly string[]): readonly string[] =>
  texts.map((text) => /^Subject: (.*?)\r?$/m.exec(text)?.[1] ?? '')

describe('borders of an mbox', () => {
  const cases: readonly (readonly [string, string, readonly string[], number])[] = [
    [
      'text that begins with `From ` after an empty line is text',
      `${line(0)}\n${head('1')}\nHello\n\nFrom memory, the code is 42.\nBye\n\n${line(1)}\n${head('2')}\nb\n`,
      ['Hello\r\n\r\nFrom memory, the code is 42.\r\nBye\r\n', 'b\r\n'],
      0,
    ],
    [
      'files without an empty line before From_',
      `${line(0)}\n${head('1')}\nb\n${line(1)}\n${head('2')}\nb\n${line(2)}\n${head('3')}\nb\n`,
      ['b\r\n', 'b\r\n', 'b\r\n'],
      0,
    ],
    [
      'Netscape: some messages end with an empty line, some do not',
      `${line(0, '-')}\n${head('1')}\nb\n\n${line(1, '-')}\n${head('2')}\nb\n${line(2, '-')}\n${head('3')}\nb\n`,
      ['b\r\n', 'b\r\n', 'b\r\n'],
      0,
    ],
    [
      'one border without an empty line among many with one is told',
      `${[0, 1, 2, 3, 4, 5].map((at) => `${line(at)}\n${head(String(at))}\nb\n\n`).join('')}${line(6)}\n${head('6')}\nb\n${line(7)}\n${head('7')}\nb\n`,
      Array.from({ length: 8 }, () => 'b\r\n'),
      1,
    ],
    [
      'a From_ line in text, without an empty line and without a header behind it',
      `${line(0)}\n${head('1')}\nHe wrote:\n${line(1)}\nI said: no\n\n${line(2)}\n${head('2')}\nb\n`,
      [`He wrote:\r\n${line(1)}\r\nI said: no\r\n`, 'b\r\n'],
      0,
    ],
    [
      'a From_ line after an empty line, and text behind it: told',
      `${line(0)}\n${head('1')}\nHe wrote\n\n${line(1)}\nsome words\n\n${line(2)}\n${head('2')}\nb\n`,
      [`He wrote\r\n\r\n${line(1)}\r\nsome words\r\n`, 'b\r\n'],
      1,
    ],
    [
      'a line without a date before header fields: told',
      `${line(0)}\n${head('1')}\nb\n\nFrom nobody\n${head('2')}\nb\n`,
      [`b\r\n\r\nFrom nobody\r\n${head('2').replace(/\n/g, '\r\n')}\r\nb\r\n`],
      1,
    ],
    [
      'a file whose From_ lines have no date',
      `From nobody\n${head('1')}\nb\n\nFrom nobody\n${head('2')}\nb\n`,
      ['b\r\n', 'b\r\n'],
      1,
    ],
    [
      'Content-Length is believed when it fits (mboxcl2), and nothing is unquoted',
      `${line(0)}\n${head('1')}Content-Length: ${`a\n\n${line(1)}\n${head('no')}\n>From x\n`.length}\n\na\n\n${line(1)}\n${head('no')}\n>From x\n\n${line(2)}\n${head('2')}Content-Length: 2\n\nb\n`,
      [`a\r\n\r\n${line(1)}\r\n${head('no').replace(/\n/g, '\r\n')}\r\n>From x\r\n`, 'b\r\n'],
      0,
    ],
    [
      'Content-Length that one message alone has, over what looks like another: told',
      `${line(0)}\n${head('1')}Content-Length: ${`a\n\n${line(1)}\n${head('no')}\nc\n`.length}\n\na\n\n${line(1)}\n${head('no')}\nc\n\n${line(2)}\n${head('2')}\nb\n`,
      [`a\r\n\r\n${line(1)}\r\n${head('no').replace(/\n/g, '\r\n')}\r\nc\r\n`, 'b\r\n'],
      1,
    ],
    [
      'Content-Length that does not fit says nothing',
      `${line(0)}\n${head('1')}Content-Length: 3000\n\na\n\n${line(1)}\n${head('2')}Content-Length: 2\n\nb\n`,
      ['a\r\n', 'b\r\n'],
      0,
    ],
    [
      'mboxrd: one `>` less in the body, none in the header',
      `${line(0)}\n>From x remote from y\n${head('1')}\n>From a\n>>From b\n > From c\n>from d\n`,
      ['From a\r\n>From b\r\n > From c\r\n>from d\r\n'],
      0,
    ],
    [
      'CRLF, a byte order mark and empty lines before the first message',
      `\xef\xbb\xbf\r\n${line(0)}\r\n${head('1').replace(/\n/g, '\r\n')}\r\na\r\n\r\n${line(1)}\r\n${head('2').replace(/\n/g, '\r\n')}\r\nb\r\n`,
      ['a\r\n', 'b\r\n'],
      0,
    ],
    ['the last message without a line end', `${line(0)}\n${head('1')}\nb`, ['b'], 0],
  ]
  for (const [title, text, bodies, doubts] of cases) {
    it(title, async () => {
      const found = await read(text)
      assert.deepEqual(found.texts.map(body), bodies)
      assert.equal(found.doubts.length, doubts, found.doubts.join('\n'))
      if (doubts > 0) assert.match(found.doubts[0] ?? '', /^x, octet \d+: /)
    })
  }

  it('a second From_ line stays in the header, and is told', async () => {
    const { texts, doubts } = await read(`${line(0)}\n${line(1)}\n${head('1')}\nb\n`)
    assert.deepEqual(texts, [`${line(1)}\r\nFrom: ann@a.test\r\nSubject: 1\r\n\r\nb\r\n`])
    assert.match(doubts.join(), /^x, octet 41: a second From_ line/)
  })

  it('at every place of a border against the pieces that a file is read in', async () => {
    const piece = 1024 * 1024
    for (let shift = -10; shift <= 10; shift++) {
      const start = `${line(0)}\n${head('1')}\n`
      const text = `${'x'.repeat(63)}\n`.repeat(Math.ceil(piece / 64))
      const first = `${start}${text.slice(0, piece - start.length + shift - 4096)}`
      const { texts } = await read(`${first}\n\n${line(1)}\n${head('2')}\nb\n\n${line(2)}\n${head('3')}\nc\n`)
      assert.deepEqual(subjects(texts), ['1', '2', '3'], `shift ${shift}`)
    }
  })

  it('flags of Thunderbird, UW, mutt; what is deleted there and not compacted is left out', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-mbox-'))
    try {
      const status = (number: number, value: string): string =>
        `${line(number, '-')}\nX-Mozilla-Status: ${value}\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: $label1 work                 \n${head(String(number))}\nb\n\n`
      writeFileSync(path.join(folder, 'Inbox'), status(0, '0001') + status(1, '1006') + status(2, '0009'))
      const source = mboxSource(path.join(folder, 'Inbox'), 'INBOX')
      const flags: (readonly string[])[] = []
      for await (const mailbox of source.mailboxes())
        for await (const message of mailbox.messages(1)) {
          assert.doesNotMatch(String(await message.read()), /mozilla/i)
          flags.push(message.flags)
        }
      assert.deepEqual(flags, [
        ['\\Seen', '$label1', 'work'],
        ['\\Answered', '\\Flagged', '$Forwarded', '$label1', 'work'],
      ])
      assert.deepEqual(source.passedOver?.(), [
        { path: 'Inbox (1 messages)', why: 'deleted there, and not yet compacted', mayBeMail: false },
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("UW's first message, which no client sees, gives its numbers and is left out", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-mbox-'))
    try {
      writeFileSync(
        path.join(folder, 'mbox'),
        `From MAILER-DAEMON Mon Nov  2 10:00:00 2026\nDate: 02 Nov 2026 10:00:00 +0000\nFrom: Mail System Internal Data <MAILER-DAEMON@h.test>\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nMessage-ID: <1@h.test>\nX-IMAP: 1700000000 0000000009\nStatus: RO\n\nThis text is part of the internal format of your mail folder.\n\n${line(0)}\n${head('1')}Status: RO\nX-UID: 7\n\nb\n`,
      )
      for await (const { uids, count, messages } of mboxSource(path.join(folder, 'mbox'), 'INBOX').mailboxes()) {
        assert.deepEqual([uids, count], [{ validity: 1700000000, next: 10 }, 1])
        for await (const message of messages(1)) {
          assert.deepEqual([message.uid, message.flags], [7, ['\\Seen']])
          assert.match(String(await message.read()), /^From: ann@a\.test\r\nSubject: 1\r\n\r\nb\r\n$/)
        }
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('a header of a million folds, and a line of 30 MB', async () => {
    const long = `${line(0)}\nSubject: x\n${' y\n'.repeat(1_000_000)}\nb\n`
    assert.equal(parseMboxMessage(Buffer.from(long)).octets.length, long.length - line(0).length - 1 + 1_000_003)
    const wide = `${line(0)}\nSubject: x\n\n${'z'.repeat(30_000_000)}\n\n${line(1)}\n${head('2')}\nb\n`
    const { texts } = await read(wide)
    assert.deepEqual(
      texts.map(({ length }) => length),
      [30_000_016, 35],
    )
  }).timeout(20_000)
})

describe('a folder of mbox files', function () {
  this.timeout(20_000)
  let room: ImportRoom
  before(async () => {
    room = await importRoom()
  })
  after(() => room.close())

  it('takes what is mbox, by its octets, and names the others', async () => {
    const root = path.join(room.folder, 'profile')
    const put = (name: string, text: string): void => {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      writeFileSync(path.join(root, name), text, 'latin1')
    }
    const mbox = `${line(0)}\n${head('1')}\nb\n`
    put('Inbox', mbox)
    put('Inbox.msf', '// <!-- <mdb:mork:z v="1.4"/> -->\n')
    put('Inbox.sbd/Work', mbox)
    put('Inbox.sbd/Work.sbd/2024.msf', '// mork')
    put('Drafts', '')
    put('notes.txt', 'shopping\nlist\n')
    put('single', `${head('alone')}\nb\n`)
    put('later', `some words\n\n${mbox}`)
    put('old.gz', '\x1f\x8b\x08xxxx')
    put('Sent.mbox/mbox', mbox)
    put('.hidden.mbox', mbox)
    put('empty.txt', '')
    const id = await room.account()
    const source = mboxSource(root, 'INBOX')
    const reports = await room.bring(id, source)
    assert.deepEqual(reports.map(({ name, added }) => [name, added]).sort(), [
      ['.hidden', 1],
      ['Drafts', 0],
      ['INBOX', 1],
      ['INBOX/Work', 1],
      ['Sent', 1],
    ])
    const passed = (source.passedOver?.() ?? []).map(({ path: at, mayBeMail }) => [at, mayBeMail])
    assert.deepEqual(passed.sort(), [
      ['Inbox.msf', false],
      ['Inbox.sbd/Work.sbd/2024.msf', false],
      ['empty.txt', false],
      ['later', true],
      ['notes.txt', false],
      ['old.gz', true],
      ['single', true],
    ])
  })

  it('a second run after messages went from the front brings none twice; equal messages are all there', async () => {
    const file = path.join(room.folder, 'moving')
    const one = (number: number, text: string): string => `${line(number)}\n${head(text)}\nb\n\n`
    writeFileSync(file, one(0, 'a') + one(1, 'same') + one(2, 'same'))
    const id = await room.account()
    assert.deepEqual(
      (await room.bring(id, mboxSource(file, 'INBOX'))).map(({ added, problems }) => [added, problems]),
      [[3, []]],
    )
    writeFileSync(file, one(1, 'same') + one(2, 'same') + one(3, 'new'))
    assert.deepEqual(
      (await room.bring(id, mboxSource(file, 'INBOX'))).map(({ added, there }) => [added, there]),
      [[1, 2]],
    )
  })

  it('a message that is too large, and a file of holes, are named; their neighbours come', async () => {
    const root = path.join(room.folder, 'large')
    mkdirSync(root)
    writeFileSync(
      path.join(root, 'a'),
      `${line(0)}\n${head('1')}\n${'x'.repeat(5000)}\n\n${line(1)}\n${head('2')}\nb\n`,
    )
    writeFileSync(path.join(root, 'holes'), `${line(0)}\n${head('1')}\n`)
    truncateSync(path.join(root, 'holes'), 2 ** 40)
    const id = await room.account()
    const source = mboxSource(root, 'INBOX', { largest: 4000 })
    const reports = await room.bring(id, source, { verify: 'new' })
    assert.deepEqual(
      reports.map(({ name, added, problems }) => [name, added, problems.length]),
      [['a', 1, 1]],
    )
    assert.match(reports[0]?.problems[0] ?? '', /^a 1, octet 0: it has 5\.0 KB, more than 3\.9 KB/)
    assert.deepEqual(
      source.passedOver?.().map(({ path: at, mayBeMail }) => [at, mayBeMail]),
      [['holes', true]],
    )
  })
})
