// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the references of RFC 5229
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { cli } from '../e2e/demo'
import { ALICE, type Bomb, bombs, type Site, THREAD_GROWTH } from './bomb'

const K = 1024
const TIMES = 5

async function useScript({ demo }: Site, script: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-bomb-'))
  try {
    const file = path.join(folder, 'bomb.sieve')
    writeFileSync(file, script)
    const done = await cli(['rules', 'put', ALICE.user, file, '--home', demo.home])
    assert.equal(done.code, 0, done.stderr)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A script that runs into its bounds: the messages lie in INBOX, and one mail tells the owner. */
const script = (text: string, raw: string): Bomb => ({
  prepare: (site) => useScript(site, text),
  async run(site) {
    const alice = await site.imap()
    const messages = async (): Promise<number> => {
      alice.send('n STATUS INBOX (MESSAGES)\r\n')
      return Number(/MESSAGES (\d+)/.exec(await alice.until('* STATUS '))?.[1])
    }
    const before = await messages()
    const mail = createTransport({ host: '127.0.0.1', port: site.demo.smtp, tls: { rejectUnauthorized: false } })
    for (let nth = 0; nth < TIMES; nth++)
      await mail.sendMail({ envelope: { from: 's@example.net', to: ALICE.user }, raw })
    mail.close()
    assert.ok((await messages()) >= before + TIMES)
  },
})

const long = 'a'.repeat(16_000)
const folded = long.replace(/a{900}/g, '$&\r\n ').trim()
const doubling = 'set "a" "aaaaaaaa"; '.concat('set "a" "${a}${a}"; '.repeat(10))

bombs('Sieve', {
  ':matches that almost match': script(
    `require "variables"; ${doubling}${'if header :matches "subject" "*${a}b*" { discard; }'.repeat(400)}`,
    `Subject: ${folded}\r\n\r\nx\r\n`,
  ),
  ':matches with many ?': script(
    `if header :matches "subject" "*${'?a'.repeat(3000)}b*" { discard; }`.repeat(20),
    `Subject: ${folded}\r\n\r\nx\r\n`,
  ),
  ':contains of long keys in a long body': script(
    `require ["body", "variables"]; ${doubling}${'if body :raw :contains "${a}b${a}" { discard; }'.repeat(400)}`,
    `Subject: x\r\n\r\n${`${'a'.repeat(900)}\r\n`.repeat(K)}`,
  ),
  'variables that double': script(
    `require "variables"; set "a" "aaaaaaaa"; ${'set "a" "${a}${a}${a}${a}"; '.repeat(3000)}`,
    'Subject: x\r\n\r\nx\r\n',
  ),
  'tests of a body of HTML': script(
    `require "body"; ${'if body :text :contains "zz" { discard; }'.repeat(500)}`,
    `Content-Type: text/html\r\n\r\n${`${'<b>'.repeat(300)}\r\n`.repeat(K)}`,
  ),
  'addresses by the thousand': script(
    'if address :matches ["to", "cc"] "*?*@?*z" { discard; }'.repeat(300),
    `To: ${'a@example.net,\r\n '.repeat(5000)}b@example.net\r\n\r\nx\r\n`,
  ),
  'regular expressions': script(
    `require "regex"; ${'if header :regex "subject" ["(x+x+)+y", "(a|aa)+$b", "(a?){50}a{50}b", "[a-z]*[a-z]*[a-z]*q"] { discard; }'.repeat(80)}`,
    `Subject: ${folded}\r\n\r\nx\r\n`,
  ),
  'loops over many parts': {
    ...script(
      `require ["foreverypart", "mime"]; foreverypart { foreverypart { ${'if header :mime :anychild :param "x" "content-type" "z" { discard; }'.repeat(20)} } }`,
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/plain; x=y\r\n\r\nx\r\n'.repeat(9000)}--b--\r\n`,
    ),
    growth: THREAD_GROWTH,
  },
})
