import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { emlSource } from '../../lib/import/eml'
import { maildirSource } from '../../lib/import/maildir/source'
import type { Source } from '../../lib/import/source'
import { installed } from '../e2e/demo'
import { type ImportRoom, importRoom, readAll } from './kit'

const text = (subject: string): string => `Subject: ${subject}\n\n${subject}\n`
const wire = (subject: string): string => text(subject).replace(/\n/g, '\r\n')
const passed = (source: Source): readonly (readonly [string, boolean])[] =>
  (source.passedOver?.() ?? []).map(({ path: at, mayBeMail }) => [at, mayBeMail] as const)
const whyNot = (source: Source, at: string): string =>
  source.passedOver?.().find(({ path: own }) => own === at)?.why ?? ''
async function doubtsOf(source: Source): Promise<readonly string[]> {
  const doubts: string[] = []
  for await (const mailbox of source.mailboxes()) {
    for await (const message of mailbox.messages(1)) await message.read().catch(() => undefined)
    doubts.push(...(mailbox.doubts?.() ?? []))
  }
  return doubts
}

describe('files and folders of a Maildir', function () {
  this.timeout(30_000)
  let room: ImportRoom
  let count = 0
  before(async () => {
    room = await importRoom()
  })
  after(() => room.close())

  function maildir(files: Readonly<Record<string, string | Buffer>>): string {
    const root = path.join(room.folder, `m${++count}`, 'Maildir')
    for (const [name, content] of Object.entries({ ...files })) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      writeFileSync(path.join(root, name), content)
    }
    return root
  }

  it('folders with only cur or only new are folders', async () => {
    const root = maildir({
      'cur/1.a:2,S': text('inbox'),
      '.Sent/cur/1.s:2,S': text('sent'),
      '.Drafts/new/1.d': text('draft'),
    })
    assert.deepEqual(await readAll(maildirSource(root)), {
      INBOX: [wire('inbox')],
      Drafts: [wire('draft')],
      Sent: [wire('sent')],
    })
  })

  it('links inside the tree are folders; those out of it are named, and followed when it is asked for', async () => {
    const root = maildir({ 'cur/1.a:2,S': text('inbox'), '.Real/cur/1.r:2,': text('real') })
    mkdirSync(path.join(root, '../elsewhere/cur'), { recursive: true })
    writeFileSync(path.join(root, '../elsewhere/cur/1.e:2,'), text('linked'))
    symlinkSync('.Real', path.join(root, '.Alias'))
    symlinkSync('../elsewhere', path.join(root, '.Linked'))
    symlinkSync('nowhere', path.join(root, '.Dead'))
    symlinkSync('.', path.join(root, 'Circle'))
    symlinkSync(path.join(root, '../elsewhere/cur/1.e:2,'), path.join(root, 'cur/2.out:2,'))
    symlinkSync('1.a:2,S', path.join(root, 'cur/3.in:2,'))
    const source = maildirSource(root)
    assert.deepEqual(await readAll(source), {
      INBOX: [wire('inbox'), wire('inbox')],
      Alias: [wire('real')],
      Real: [wire('real')],
    })
    assert.deepEqual(passed(source), [
      ['.Dead', true],
      ['.Linked', true],
      ['Circle', true],
      ['cur/2.out:2,', true],
    ])
    assert.match(whyNot(source, '.Linked'), /leads out of the folder, to .*elsewhere; --outside-links/)
    const all = await readAll(maildirSource(root, undefined, { largest: 1000, outsideLinks: true }))
    assert.deepEqual([all.Linked, all.INBOX?.length], [[wire('linked')], 3])
  })

  it('links that lead to each other in a circle end', async () => {
    const root = maildir({ 'cur/1.a:2,': text('inbox'), 'A/cur/1.a:2,': text('a'), 'B/cur/1.b:2,': text('b') })
    symlinkSync('../B', path.join(root, 'A/to'))
    symlinkSync('../A', path.join(root, 'B/to'))
    const source = maildirSource(root)
    assert.deepEqual(await readAll(source), {
      INBOX: [wire('inbox')],
      A: [wire('a')],
      'A/to': [wire('b')],
      B: [wire('b')],
      'B/to': [wire('a')],
    })
    assert.deepEqual(passed(source), [
      ['A/to/to', true],
      ['B/to/to', true],
    ])
  })

  it('a link that is put in the place of a file after it was listed is not followed', async () => {
    const root = maildir({ 'cur/1.a:2,S': text('inbox'), '../secret': 'Subject: secret\n\n' })
    for await (const mailbox of maildirSource(root).mailboxes()) {
      for await (const message of mailbox.messages(1)) {
        renameSync(path.join(root, 'cur/1.a:2,S'), path.join(root, 'moved'))
        symlinkSync('../../secret', path.join(root, 'cur/1.a:2,S'))
        await assert.rejects(message.read(), /leads out of the folder/)
      }
    }
  })

  it('index files that are links out of it, or no files, are not read', async () => {
    const root = maildir({ 'cur/1.a:2,S': text('inbox'), '../secret': 'secret\n' })
    symlinkSync('../secret', path.join(root, 'subscriptions'))
    execFileSync('mkfifo', [path.join(root, 'dovecot-keywords')])
    mkdirSync(path.join(root, 'dovecot-uidlist'))
    const source = maildirSource(root)
    assert.deepEqual(await readAll(source), { INBOX: [wire('inbox')] })
    assert.deepEqual(await source.subscriptions(), [])
    assert.deepEqual(
      passed(source)
        .map(([at]) => at)
        .sort(),
      ['dovecot-keywords', 'dovecot-uidlist', 'subscriptions'],
    )
  })

  it('pipes, folders and hidden files in cur, unfinished deliveries and strange files are named; nothing waits', async () => {
    const root = maildir({
      'cur/1.a:2,S': text('inbox'),
      'cur/.nfs001': 'x',
      'cur/folder/x': 'x',
      'tmp/9.unfinished': 'x',
      'notes.txt': 'x',
      '.Empty/x': 'x',
      '.Sent/cur/.keep': '',
      '.Sent/Sub/cur/1.x:2,': text('x'),
      '.A&B/cur/1.odd:2,': text('odd'),
      dovecot: '',
    })
    execFileSync('mkfifo', [path.join(root, 'cur/2.pipe:2,')])
    const source = maildirSource(root)
    const all = await readAll(source)
    assert.deepEqual([all.INBOX, all.Sent, all['A&B']], [[wire('inbox')], [], [wire('odd')]])
    assert.deepEqual(passed(source).toSorted(), [
      ['.Empty', false],
      ['.Sent/Sub', true],
      ['.Sent/cur/.keep', false],
      ['cur/.nfs001', false],
      ['cur/2.pipe:2,', false],
      ['cur/folder', true],
      ['notes.txt', false],
      ['tmp', false],
    ])
    assert.match((await doubtsOf(source)).join(), /^\.A&B: its name is no modified UTF-7/)
  })

  it("what holds Dovecot's own formats is said", () => {
    const root = maildir({ 'mailboxes/INBOX/dbox-Mails/u.1': 'x' })
    assert.throws(() => maildirSource(root), /is no Maildir: mailboxes\/INBOX\/dbox-Mails: Dovecot's sdbox or mdbox/)
  })

  const packers: readonly (readonly [string, (octets: Buffer) => Buffer])[] = [
    ['gzip', (octets) => gzipSync(octets)],
    ...(['bzip2', 'xz', 'zstd'] as const)
      .filter(installed)
      .map((program) => [program, (octets: Buffer) => execFileSync(program, ['-c'], { input: octets })] as const),
  ]
  for (const [name, pack] of packers) {
    it(`messages packed by ${name} are unpacked; their size is compared, and bounded`, async () => {
      const plain = Buffer.from(text('packed'))
      const cut = pack(Buffer.concat([plain, Buffer.from(createHash('sha512').update(name).digest('hex'))]))
      const root = maildir({
        [`cur/1.a,S=${plain.length}:2,S`]: pack(plain),
        'cur/2.b,S=9999:2,S': pack(plain),
        'cur/3.c:2,': pack(Buffer.alloc(20_000_000, 'x')),
        'cur/4.d:2,': cut.subarray(0, cut.length - 20),
        'cur/5.e:2,': text('plain'),
      })
      const source = maildirSource(root, undefined, { largest: 1_000_000 })
      const { INBOX = [] } = await readAll(source)
      assert.deepEqual([INBOX[0], INBOX[1], INBOX[4]], [wire('packed'), wire('packed'), wire('plain')])
      assert.match(
        INBOX[2] ?? '',
        new RegExp(`^! packed by ${name}, and cannot be unpacked: it has more than 976\\.6 KB`),
      )
      assert.match(INBOX[3] ?? '', new RegExp(`^! packed by ${name}, and cannot be unpacked`))
      assert.deepEqual(await doubtsOf(source), [
        `2.b,S=9999:2,S: its name says 9999 octets, it has, unpacked by ${name}, ${plain.length}; it may be cut off or changed`,
      ])
    })
  }

  it("Dovecot's LZ4, by its own stream", async () => {
    const chunk = (octets: readonly number[]): Buffer => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(octets.length)
      return Buffer.concat([length, Buffer.from(octets)])
    }
    const begin = Buffer.concat([Buffer.from('Dovecot-LZ4\x0d\x2a\x9b\xc5', 'latin1'), Buffer.from([0, 1, 0, 0])])
    // `a: ` as literals, then 4 + 15 + 3 octets from 3 before.
    const good = Buffer.concat([begin, chunk([0x3f, ...Buffer.from('a: '), 3, 0, 3, 0x20, ...Buffer.from('\n\n')])])
    const root = maildir({
      'cur/1.a:2,': good,
      'cur/2.b:2,': good.subarray(0, -1),
      'cur/3.c:2,': Buffer.concat([begin, chunk([0x1f, 0x61, 9, 0, 3])]),
      'cur/4.d:2,': Buffer.concat([begin, chunk([0x1f, 0x61, 1, 0, ...Array.from({ length: 300 }, () => 255), 0])]),
    })
    const { INBOX = [] } = await readAll(maildirSource(root))
    assert.equal(INBOX[0], `${'a: '.repeat(8)}a\r\n\r\n`)
    for (const message of INBOX.slice(1)) assert.match(message, /^! packed by LZ4, and cannot be unpacked/)
  })

  it('encrypted messages are named as such', async () => {
    const root = maildir({ 'cur/1.a:2,': Buffer.from('CRYPTED\x03\x07xxxx', 'latin1') })
    assert.match((await readAll(maildirSource(root))).INBOX?.[0] ?? '', /^! encrypted by Dovecot \(mail-crypt\)/)
  })

  it('a message that is too large is not read', async () => {
    const root = maildir({ 'cur/1.a:2,': 'x' })
    truncateSync(path.join(root, 'cur/1.a:2,'), 2 ** 42)
    const id = await room.account()
    const [report] = await room.bring(id, maildirSource(root))
    assert.equal(report?.problems.length, 1, 'told once')
    assert.match(report?.problems.join() ?? '', /^1\.a:2,: it has 4096\.0 GB, more than 256\.0 MB; --largest/)
  })
})

describe('a folder of .eml files', function () {
  this.timeout(20_000)
  let room: ImportRoom
  before(async () => {
    room = await importRoom()
  })
  after(() => room.close())

  it('says what is no message, and what is odd; a byte order mark is kept', async () => {
    const root = path.join(room.folder, 'eml')
    mkdirSync(path.join(root, 'sub'), { recursive: true })
    const put = (name: string, content: string): void => writeFileSync(path.join(root, name), content, 'latin1')
    put('1.eml', '\xef\xbb\xbfSubject: bom\n\nx\n')
    put('2.eml', 'From ann@a.test Mon Nov  2 10:00:00 2026\nSubject: y\n\nx\n')
    put('3.eml', 'junk\nSubject: z\n\nx\n')
    put('4.eml', 'shopping\nlist\n')
    put('5.eml', '\xff\xfeS\0u\0b\0')
    put('6.eml', '\n\ntext')
    put('61.eml', 'Subject: old\rX: a\r b\r\rMac\r')
    put(
      '62.eml',
      'From ann@a.test Mon Nov  2 10:00:00 2026\nSubject: 1\n\nFrom memory\n\nFrom b@a.test Mon Nov  2 10:00:00 2026\nS: 2\n\n',
    )
    put('7.emlx', '12\nSubject: x\n\n')
    put('8.txt', 'x')
    put('sub/9.msg', 'x')
    execFileSync('mkfifo', [path.join(root, '10.eml')])
    const source = emlSource(root, 'INBOX')
    const id = await room.account()
    const [report] = await room.bring(id, source, { verify: 'new' })
    assert.deepEqual(
      (await room.messages(id)).map(({ octets }) => octets),
      [
        '\xef\xbb\xbfSubject: bom\r\n\r\nx\r\n',
        'From ann@a.test Mon Nov  2 10:00:00 2026\r\nSubject: y\r\n\r\nx\r\n',
        'junk\r\nSubject: z\r\n\r\nx\r\n',
        '\r\n\r\ntext',
        'Subject: old\r\nX: a\r\n b\r\n\r\nMac\r\n',
        'From ann@a.test Mon Nov  2 10:00:00 2026\r\nSubject: 1\r\n\r\nFrom memory\r\n\r\nFrom b@a.test Mon Nov  2 10:00:00 2026\r\nS: 2\r\n\r\n',
      ],
    )
    assert.deepEqual(report?.problems, [
      '4.eml: no message: it has no header field',
      '5.eml: no message, but text in UTF-16',
    ])
    assert.deepEqual(report?.doubts, [
      '3.eml: begins with a line that is no header field',
      '6.eml: begins with an empty line: it has no header',
      '62.eml: more than one message, as an mbox has them: import it as mbox',
    ])
    assert.deepEqual(passed(source), [
      ['10.eml', false],
      ['7.emlx', true],
      ['8.txt', false],
      ['sub/9.msg', true],
    ])
  })
})
