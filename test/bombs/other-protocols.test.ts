import assert from 'node:assert/strict'
import { constants, createDeflateRaw } from 'node:zlib'
import { ALICE, bombs } from './bomb'

const plain = Buffer.from(`\0${ALICE.user}\0${ALICE.password}`).toString('base64')

bombs('LMTP, ManageSieve and COMPRESS', {
  '10,000 recipients, one after another and in one packet': {
    async run(site) {
      const lmtp = site.connect(site.demo.lmtp)
      await lmtp.until('220 ')
      lmtp.send('LHLO bomb\r\n')
      await lmtp.until('250 ')
      lmtp.send(`MAIL FROM:<s@example.net>\r\n${'RCPT TO:<alice@example.org>\r\n'.repeat(5000)}`)
      lmtp.send(Array.from({ length: 5000 }, (_, nth) => `RCPT TO:<nobody${nth}@example.org>\r\n`).join(''))
      lmtp.send('NOOP\r\nQUIT\r\n')
      assert.match(await lmtp.until('221 '), /^221/)
    },
  },
  'ManageSieve: large scripts and 20,000 commands in one packet': {
    async run(site) {
      const sieve = site.connect(site.sieve)
      await sieve.until('OK')
      sieve.send(`AUTHENTICATE "PLAIN" "${plain}"\r\n`)
      await sieve.until('OK')
      for (const script of [
        'if '.repeat(20_000),
        `if ${'not '.repeat(15_000)} true { keep; }`,
        `if ${'anyof(true, '.repeat(5000)}true${')'.repeat(5000)} { keep; }`,
        `${'if true { '.repeat(6000)}${'}'.repeat(6000)}`,
        `if header :is ["${'a","'.repeat(15_000)}"] "b" { keep; }`,
        `/*${'*'.repeat(60_000)}`,
        `keep; text:\r\n${'.\r\n'.repeat(15_000)}`,
      ]) {
        sieve.send(`PUTSCRIPT "bomb" {${script.length}+}\r\n${script}\r\n`)
        assert.match(await sieve.until('NO'), /^NO/)
      }
      sieve.send('LISTSCRIPTS\r\nCAPABILITY\r\n'.repeat(10_000))
      sieve.send('LOGOUT\r\n')
      await sieve.until('OK')
    },
  },
  'COMPRESS: 300 MB of blanks, and of NOOPs, in a few hundred KB': {
    async run(site) {
      for (const text of [Buffer.alloc(1_000_000, 32), Buffer.from('n NOOP\r\n'.repeat(100_000))]) {
        const alice = await site.imap()
        alice.send('z COMPRESS DEFLATE\r\n')
        await alice.until('z OK')
        const deflate = createDeflateRaw({ level: 9, finishFlush: constants.Z_SYNC_FLUSH })
        const packed: Buffer[] = []
        deflate.on('data', (piece: Buffer) => packed.push(piece))
        const end = new Promise((resolve) => deflate.once('end', resolve))
        for (let nth = 0; nth < (text[0] === 32 ? 300 : 3); nth++) deflate.write(text)
        deflate.end()
        await end
        alice.send(Buffer.concat(packed))
        await new Promise((resolve) => setTimeout(resolve, 3000))
        alice.close()
      }
    },
  },
})
