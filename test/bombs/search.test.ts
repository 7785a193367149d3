import assert from 'node:assert/strict'
import { bombs } from './bomb'
import { manyTexts } from './mail'

bombs('SEARCH, SORT and THREAD', {
  'SEARCH of 45 texts in 40 MB': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      const keys = Array.from({ length: 45 }, (_, nth) => `TEXT ${'zyx'[nth % 3]}q${nth}`).join(' ')
      assert.match(await alice.imap(`SEARCH ${keys}`), /^OK/)
      assert.match(await alice.imap(`SEARCH NOT TEXT q1q NOT TEXT q2q NOT BODY qq`), /^OK/)
    },
  },
  'SORT and THREAD of what a text search finds in 40 MB': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      assert.match(await alice.imap('SORT (SUBJECT) UTF-8 BODY q'), /^OK/)
      assert.match(await alice.imap('THREAD REFERENCES UTF-8 BODY fox'), /^OK/)
    },
  },
  'SEARCH FUZZY, by relevance, in 40 MB': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Big')
      const words = (count: number) =>
        Array.from({ length: count }, (_, nth) => `fuzzyword${'abcdefghij'[nth % 10]}${nth}x`)
      assert.match(await alice.imap(`SEARCH RETURN (RELEVANCY) NOT FUZZY BODY "${words(20).join(' ')}"`), /^OK/)
      assert.match(await alice.imap('SORT (RELEVANCY) UTF-8 FUZZY TEXT "fxo foxes"'), /^OK/)
      const many = (count: number) =>
        `OR ${words(count)
          .map((word) => `FUZZY BODY ${word}`)
          .join(' OR ')} ALL`
      assert.match(await alice.imap(`SEARCH ${many(101)}`), /^BAD/)
    },
  },
  'SEARCH for texts that match nearly everywhere': {
    prepare: manyTexts,
    async run(site) {
      const alice = await site.imap()
      await alice.imap('CREATE Same')
      const body = Buffer.from(`Subject: ${'a'.repeat(60_000)}\r\n\r\n${'a'.repeat(4_000_000)}`)
      assert.match(await alice.append('Same', body), /^OK/)
      await alice.imap('SELECT Same')
      const pattern = `${'a'.repeat(450)}b${'a'.repeat(450)}`
      const keys = (name: string, count: number) =>
        Array.from({ length: count }, (_, nth) => `${name} ${pattern}${nth}`).join(' ')
      assert.match(await alice.imap(`SEARCH OR ${keys('SUBJECT', 1)} NOT ALL`), /^OK/)
      assert.match(await alice.imap(`SEARCH NOT (${keys('NOT SUBJECT', 60)})`), /^OK/)
      assert.match(await alice.imap(`SEARCH NOT (${keys('NOT BODY', 60)})`), /^OK/)
      assert.match(await alice.imap(`SEARCH TEXT ${'a'.repeat(1001)}`), /^BAD/)
    },
  },
  'SEARCH in one message of 30 MB, as text, quoted-printable, base64 and HTML': {
    async prepare(site) {
      const alice = await site.imap()
      await alice.imap('CREATE Huge')
      const size = 30_000_000
      for (const [type, encoding, line] of [
        ['text/plain; charset=utf-8', '8bit', 'Ein größerer Text mit Зима 東京.\r\n'],
        ['text/plain; charset=utf-8', 'quoted-printable', '=C3=A4=C3=B6 some words = =41 and=\r\n more\r\n'],
        [
          'text/plain; charset=utf-8',
          'base64',
          `${Buffer.from('Some words, fifty-seven octets of them in each of the lines').toString('base64').slice(0, 76)}\r\n`,
        ],
        ['text/html; charset=utf-8', '8bit', '<p>Some <b>words</b> &amp; more</p>\r\n'],
      ] as const) {
        const head = `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
        assert.match(await alice.append('Huge', Buffer.from(head + line.repeat(size / line.length))), /^OK/)
      }
    },
    async run(site) {
      const alice = await site.imap()
      await alice.imap('SELECT Huge')
      assert.match(await alice.imap('SEARCH BODY nowhere'), /^OK/)
    },
  },
})
