import assert from 'node:assert/strict'
import { ALICE, bombs, type Site } from './bomb'

async function manyMessages(site: Site): Promise<void> {
  const alice = await site.imap()
  const status = await alice.imap('STATUS INBOX (MESSAGES)')
  assert.match(status, /^OK/)
  if (alice.seen.includes('MESSAGES 0')) {
    const body = Buffer.from(`Subject: a\r\n\r\n${'a line of text\r\n'.repeat(100)}`)
    assert.match(await alice.append('INBOX', body), /^OK/)
    await alice.imap('SELECT INBOX')
    for (let count = 1; count < 16_000; count *= 2) assert.match(await alice.imap(`COPY 1:${count} INBOX`), /^OK/)
  }
  await alice.imap('LOGOUT')
}
async function login(site: Site) {
  const pop = site.connect(site.demo.pop3)
  await pop.until('+OK ')
  pop.send(`USER ${ALICE.user}\r\n`)
  await pop.until('+OK')
  pop.send(`PASS ${ALICE.password}\r\n`)
  await pop.until('+OK')
  return pop
}
const pipelined = (...commands: readonly string[]) => ({
  prepare: manyMessages,
  async run(site: Site) {
    const pop = await login(site)
    for (const command of commands) pop.send(`${command}\r\n`.repeat(1))
    pop.send('LAST-OF-ALL\r\n')
    assert.match(await pop.until('-ERR unknown command'), /^-ERR/)
    pop.send('RSET\r\nQUIT\r\n')
    await pop.until('+OK')
  },
})
const each = (count: number, command: (nth: number) => string): string[] =>
  Array.from({ length: count }, (_, nth) => command(nth + 1))

bombs('POP3', {
  'LIST and UIDL of 16,000, a hundred times': pipelined(...each(100, (nth) => (nth % 2 ? 'LIST' : 'UIDL'))),
  'TOP, LIST, UIDL and RETR of each': pipelined(
    ...each(10_000, (nth) => ['TOP %d 10', 'LIST %d', 'UIDL %d', 'RETR %d'][nth % 4]?.replace('%d', String(nth)) ?? ''),
  ),
  '30,000 commands in one packet': pipelined(...each(30_000, () => 'NOOP')),
  'DELE of all': pipelined(...each(16_000, (nth) => `DELE ${nth}`)),
})
