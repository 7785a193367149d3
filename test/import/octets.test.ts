import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { exportMaildir } from '../../lib/export/maildir'
import { exportMbox } from '../../lib/export/mbox'
import { maildirSource } from '../../lib/import/maildir/source'
import { mboxSource } from '../../lib/import/mbox/source'
import type { AccountId } from '../../lib/terms/names'
import { SEED } from '../random'
import { everything, type ImportRoom, importRoom, type Stored } from './kit'

const isLong = process.env.MAILBOX_LONG !== undefined

/** Lines that a reader or a writer of mbox could take for something of its own. */
const line = fc.oneof(
  fc.constantFrom(
    'From ann@a.test Mon Nov  2 10:00:00 2026',
    'From - Mon Nov 02 10:00:00 2026',
    'From : Ann <ann@a.test>',
    'From: ann@a.test',
    'From memory, it is 42.',
    '>From x',
    '>>From ann@a.test Mon Nov  2 10:00:00 2026',
    'Status: RO',
    'X-Status: D',
    'X-UID: 7',
    'X-UIDL: abc',
    'X-IMAPbase: 5 5',
    'X-IMAP: 5 5',
    'X-Keywords: a b',
    'X-Mozilla-Status: 0009',
    'X-Haraka-Export: octets open',
    'X-Haraka-Own-Status: RO',
    'X-Haraka-Own-',
    'Subject: folder internal data',
    'Content-Length: 20',
    'content-length: 0',
    'Return-Path: <a b@c>',
    ' folded',
    '\tfolded',
    '',
    '\0',
    '\x1f\x8b\x08',
    '\xef\xbb\xbf',
    'x'.repeat(5000),
    '.',
  ),
  fc.string({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }).map((octets) => Buffer.from(octets).toString('latin1')),
)
const end = fc.oneof(
  { weight: 12, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\n\n', '\r\r\n', '\n\r') },
)
/** Few have other line ends than CRLF, as in life; the others try each. */
const message = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, end), { minLength: 1, maxLength: 12 }), fc.boolean())
  .map(([even, lines, closed]) => {
    const text = lines
      .map(([own, after]) => own.replace(even ? /[\r\n]/g : /$^/, '') + (even ? '\r\n' : after))
      .join('')
    return closed ? text : text.replace(/[\r\n]+$/, '')
  })
  .filter((text) => text !== '')
const FLAGS = [['\\Seen'], ['\\Answered', '\\Flagged'], ['\\Draft', 'Work'], ['\\Deleted', '$Forwarded', 'a,b'], []]

describe('octets, out and in again', function () {
  this.timeout(isLong ? 1_800_000 : 60_000)
  let room: ImportRoom
  let count = 0
  before(async () => {
    room = await importRoom()
  })
  after(() => room.close())

  type Way = (from: AccountId) => Promise<AccountId>
  const by =
    (write: typeof exportMbox, open: typeof mboxSource | typeof maildirSource): Way =>
    async (from) => {
      const root = path.join(room.folder, `out${++count}`)
      await write(room.store, from, root, everything)
      const to = await room.account()
      const source = open === maildirSource ? maildirSource(root) : mboxSource(root, 'INBOX')
      for (const { name, problems, doubts } of await room.bring(to, source)) {
        assert.deepEqual([name, problems, doubts], [name, [], []])
      }
      return to
    }
  const ways: Readonly<Record<string, Way>> = {
    mbox: by(exportMbox, mboxSource),
    Maildir: by(exportMaildir, maildirSource),
  }
  const seconds = (all: readonly Stored[]): readonly Stored[] =>
    all.map((one) => ({ ...one, internalDate: Math.floor(one.internalDate / 1000) }))

  async function hold(texts: readonly string[], route: readonly string[]): Promise<void> {
    let id = await room.account()
    await room.add(
      id,
      'INBOX',
      texts,
      texts.map((_text, index) => FLAGS[index % FLAGS.length] ?? []),
    )
    const first = seconds(await room.messages(id))
    assert.deepEqual(
      first.map(({ octets }) => octets),
      texts,
    )
    for (const step of route) {
      id = (await ways[step]?.(id)) ?? id
      assert.deepEqual(seconds(await room.messages(id)), first, `after ${step}`)
    }
  }

  it(`random messages, through mbox and Maildir (MAILBOX_SEED=${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), (texts) =>
        hold(texts, ['mbox', 'Maildir', 'mbox']),
      ),
      { numRuns: isLong ? 1500 : 40, seed: SEED },
    )
  })

  it('each odd line alone, in the header and in the body', async () => {
    const odd = [
      'From ann@a.test Mon Nov  2 10:00:00 2026',
      'From : Ann <ann@a.test>',
      '>From ann@a.test Mon Nov  2 10:00:00 2026',
      'Status: RO',
      'Content-Length: 5',
      'X-Haraka-Own-X-UID: 5',
      'X-Haraka-Export: octets',
    ]
    const texts = odd.flatMap((own) => [
      `${own}\r\n\r\nbody\r\n`,
      `Subject: x\r\n${own}\r\n\r\nbody\r\n`,
      `Subject: x\r\n\r\n${own}\r\n`,
      `Subject: x\r\n\r\nbody\r\n${own}`,
      `Subject: x\r\n${own}`,
      `Subject: x\n${own}\n\nbody\r\n`,
    ])
    const more = ['\r\n', '\n', ' x\r\n\r\n', '\r\n\r\nbody', 'x', '\r', 'Subject: x\r\n\r\nend\n\r', 'a\nb\r\nc\r']
    await hold([...texts, ...more], ['mbox', 'Maildir', 'mbox', 'mbox', 'Maildir', 'Maildir'])
  })

  const corpus = corpusFiles()
  ;(isLong && corpus.length > 0 ? it : it.skip)(
    `${corpus.length} files of MAILBOX_CORPUS, as they stand and with CRLF`,
    async () => {
      for (let from = 0; from < corpus.length; from += 50) {
        const texts = corpus
          .slice(from, from + 50)
          .map((file) => readFileSync(file, 'latin1'))
          .filter((text) => text !== '')
        await hold(texts, ['mbox', 'Maildir', 'mbox'])
        await hold(
          texts.map((text) => text.replace(/\r?\n/g, '\r\n')),
          ['Maildir', 'mbox', 'Maildir'],
        )
      }
    },
  )

  it('export mbox quotes no field of a header', async () => {
    const id = await room.account()
    await room.add(id, 'INBOX', ['Subject: x\r\nFrom : Ann <ann@a.test>\r\n\r\nFrom here\r\n'])
    const root = path.join(room.folder, 'fields')
    await exportMbox(room.store, id, root, everything)
    const text = readFileSync(path.join(root, 'INBOX.mbox'), 'latin1')
    assert.match(text, /^From : Ann <ann@a\.test>$/m)
    assert.match(text, /^>From here$/m)
  })

  for (const [format, write, inner] of [
    ['mbox', exportMbox, 'Sent.mbox'],
    ['Maildir', exportMaildir, '.Sent'],
  ] as const) {
    it(`export ${format} follows no link that lies where it writes`, async () => {
      const id = await room.account()
      await room.add(id, 'Sent', ['Subject: x\r\n\r\nx\r\n'])
      const root = path.join(room.folder, `links-${format}`)
      const other = path.join(room.folder, `other-${format}`)
      await write(room.store, await room.account(), root, ({ name }) => name === 'Nothing')
      symlinkSync(other, path.join(root, inner))
      await assert.rejects(
        write(room.store, id, root, ({ name }) => name === 'Sent'),
        /is a link, and is not followed|is there already, and is not written over/,
      )
      assert.equal(existsSync(other), false)
      symlinkSync(root, `${root}-alias`)
      await assert.rejects(write(room.store, id, `${root}-alias`, everything), /is a link, and is not followed/)
    })
  }
})

/** A folder of messages, each a file. */
function corpusFiles(): readonly string[] {
  const root = process.env.MAILBOX_CORPUS
  if (root === undefined) return []
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}
