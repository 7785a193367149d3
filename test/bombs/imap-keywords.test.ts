import assert from 'node:assert/strict'
import { bombs, type Site } from './bomb'

const many = (count: number, name: (nth: number) => string): string =>
  Array.from({ length: count }, (_, nth) => name(nth)).join(' ')

async function messages(site: Site, count: number): Promise<void> {
  const alice = await site.imap()
  for (let nth = 0; nth < count; nth++)
    assert.match(await alice.append('INBOX', Buffer.from('Subject: a\r\n\r\nb\r\n')), /^OK/)
}

bombs('keywords', {
  'keywords of 60 KB, 400 times': {
    prepare: (site) => messages(site, 5),
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT INBOX')
      for (let nth = 0; nth < 400; nth++) {
        assert.match(await alice.imap(`STORE ${1 + (nth % 5)} +FLAGS (k${nth}${'x'.repeat(58_000)})`), /^NO \[LIMIT\]/)
      }
      assert.ok(alice.received < 100_000)
    },
  },
  'thousands of keywords, a new one each time, then old ones in ever new sets': {
    prepare: (site) => messages(site, 5),
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT INBOX')
      const answers: string[] = []
      for (let nth = 0; nth < 2000; nth++)
        answers.push(await alice.imap(`STORE 1:3 FLAGS.SILENT (k${nth}${'y'.repeat(80)})`))
      assert.match(answers[0] ?? '', /^OK/)
      assert.match(answers.at(-1) ?? '', /^NO \[LIMIT\]/)
      for (let nth = 0; nth < 2000; nth++) {
        const set = many(20, (keyword) => `k${(nth * 7 + keyword * 13) % 400}${'y'.repeat(80)}`)
        assert.match(await alice.imap(`STORE 1:3 FLAGS.SILENT (${set})`), /^OK/)
      }
      const before = alice.received
      assert.match(await alice.imap('SELECT INBOX'), /^OK/)
      assert.ok(alice.received - before < 100_000, `SELECT answered ${alice.received - before} octets`)
    },
  },
  'keywords that come by APPEND and COPY': {
    async run(site) {
      const alice = await site.imap()
      await alice.imap('CREATE Target')
      for (let nth = 0; nth < 8; nth++) {
        const source = `Source${nth}`
        await alice.imap(`CREATE ${source}`)
        await alice.append(
          `${source} (${many(80, (keyword) => `c${nth}x${keyword}`)})`,
          Buffer.from('a: b\r\n\r\nc\r\n'),
        )
        await alice.imap(`SELECT ${source}`)
        assert.match(await alice.imap('COPY 1 Target'), nth < 6 ? /^OK/ : /^NO \[LIMIT\]/)
      }
    },
  },
})
