import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DRIVERS } from '../../stores'
import { ACCOUNTS, run } from '../demo'
import { clientSuite } from './client-suite'

const bob = 'bob@example.org'
const password = ACCOUNTS[bob]

/** POP3 programs against a real server; each is skipped, visibly, where it is not installed. fetchmail, curl and poplib: clients.test.ts. */
for (const driver of DRIVERS) {
  describe(`POP3 clients on ${driver}`, function () {
    this.timeout(60_000)
    const suite = clientSuite(driver, ['--set', 'mailbox_locks.ini:wait.pop3=1s'])
    const { withClient } = suite
    const send = (...subjects: string[]) => suite.send(bob, ...subjects)

    withClient('getmail', 'leaves mail on the server, knows by UIDL what is new, then deletes', async () => {
      const folder = path.join(suite.work, 'getmail')
      const got = path.join(suite.work, 'getmail-mail')
      mkdirSync(folder)
      const configure = (options: string): void =>
        writeFileSync(
          path.join(folder, 'getmailrc'),
          `[retriever]\ntype = SimplePOP3SSLRetriever\nserver = 127.0.0.1\nport = ${suite.demo.pop3s}\nusername = ${bob}\npassword = ${password}\n[destination]\ntype = MDA_external\npath = /bin/sh\narguments = ("-c", "cat >> ${got}")\nunixfrom = true\nallow_root_commands = true\n[options]\nverbose = 1\n${options}`,
          { mode: 0o600 },
        )
      const getmail = () => run('getmail', ['--getmaildir', folder])
      const received = (): string[] => readFileSync(got, 'utf8').match(/^Subject: g\d$/gm) ?? []
      configure('read_all = false\ndelete = false\n')
      await send('g1', 'g2')
      const first = await getmail()
      assert.equal(first.code, 0, first.stdout + first.stderr)
      assert.deepEqual(received(), ['Subject: g1', 'Subject: g2'])
      await send('g3')
      await getmail()
      assert.deepEqual(received(), ['Subject: g1', 'Subject: g2', 'Subject: g3'], 'only what is new')
      assert.match(readFileSync(got, 'utf8'), /\n\.dot\n\.\.dots\n/)
      configure('read_all = true\ndelete = true\n')
      await getmail()
      const left = await run('curl', [
        '-s',
        '-k',
        '--user',
        `${bob}:${password}`,
        `pop3s://127.0.0.1:${suite.demo.pop3s}/`,
      ])
      assert.equal(left.stdout.trim(), '')
    })

    for (const [auth, tls] of [
      ['plain', 'starttls'],
      ['login', 'starttls'],
      ['user', 'starttls'],
      ['scram-sha-256', 'starttls'],
      ['on', 'tls'],
    ] as const) {
      withClient('mpop', `${auth} over ${tls}: fetches once, keeps, then deletes`, async () => {
        const uidls = path.join(suite.work, `uidls-${auth}`)
        const mbox = path.join(suite.work, `mbox-${auth}`)
        const mpop = (keep: 'on' | 'off') =>
          run('mpop', [
            ...[
              '--host=127.0.0.1',
              `--port=${tls === 'tls' ? suite.demo.pop3s : suite.demo.pop3}`,
              `--user=${bob}`,
              `--auth=${auth}`,
            ],
            ...['--tls=on', `--tls-starttls=${tls === 'starttls' ? 'on' : 'off'}`, '--tls-certcheck=off'],
            ...[
              `--passwordeval=echo '${password}'`,
              `--keep=${keep}`,
              `--uidls-file=${uidls}`,
              `--delivery=mbox,${mbox}`,
            ],
          ])
        await send('m1', 'm2')
        const done = await mpop('on')
        if (/not support|support for|unknown authentication/i.test(done.stderr) && done.code !== 0)
          return console.log(`      this mpop has no ${auth}`)
        assert.equal(done.code, 0, done.stdout + done.stderr)
        assert.equal(readFileSync(mbox, 'utf8').match(/^Subject: m[12]$/gm)?.length, 2)
        assert.equal((await mpop('off')).code, 0)
        assert.equal(readFileSync(mbox, 'utf8').match(/^Subject: m[12]$/gm)?.length, 2, 'nothing twice')
        assert.match((await mpop('off')).stdout, /no messages|0 messages|^$/)
      })
    }

    it('node-pop3: UIDL, LIST, TOP, RETR, DELE, QUIT; a wrong password is an error', async () => {
      const { default: Pop3Command } = await import('node-pop3')
      await send('n1', 'n2')
      const options = {
        host: '127.0.0.1',
        port: suite.demo.pop3s,
        tls: true,
        tlsOptions: { rejectUnauthorized: false, servername: 'localhost' },
      }
      const refused = new Pop3Command({ ...options, user: bob, password: 'wrong' })
      await assert.rejects(refused.UIDL(), /Authentication failed/)
      // It stays connected, and throws when the server says that it stops.
      await refused.QUIT()
      const client = new Pop3Command({ ...options, user: bob, password })
      const uidls = await client.UIDL()
      assert.equal(uidls.length, 2)
      assert.equal((await client.LIST()).length, 2)
      assert.match(await client.TOP(1, 0), /Subject: n1/)
      // node-pop3 leaves the doubled dots to its caller.
      assert.match(await client.RETR(2), /Subject: n2[\s\S]*\r\n\.\.dot\r\n\.\.\.dots/)
      await client.command('DELE', 1)
      await client.QUIT()
      const again = new Pop3Command({ ...options, user: bob, password })
      assert.deepEqual(String(await again.UIDL()), `1,${uidls[1]?.[1]}`)
      await again.command('DELE', 1)
      await again.QUIT()
    })

    withClient('python3', 'poplib: UTF8, CAPA, and what it makes of refusals', async () => {
      await send('Grüße')
      const script = `
import poplib, ssl, sys
user, password, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl._create_unverified_context()
def session():
    return poplib.POP3_SSL('127.0.0.1', port, context=context)
p = session()
assert {'UTF8', 'LANG', 'UIDL', 'TOP', 'EXPIRE'} <= set(p.capa()), p.capa()
p.utf8()
try:
    p.user(user); p.pass_('wrong'); assert False
except poplib.error_proto as e:
    assert b'[AUTH]' in e.args[0]
p.user(user); p.pass_(password)
count, size = p.stat()
number, octets = p.list()[1][0].split()
answer, lines, got = p.retr(1)
assert sum(len(line) + 2 for line in lines) == int(octets) == size, (octets, size)
second = session()
second.user(user)
try:
    second.pass_(password); assert False
except poplib.error_proto as e:
    assert e.args[0].startswith(b'-ERR [IN-USE]'), e
p.dele(1); p.quit()
second.user(user); second.pass_(password)
assert second.stat() == (0, 0)
second.quit()
print('all well')
`
      const done = await run('python3', ['-c', script, bob, password, String(suite.demo.pop3s)])
      assert.equal(done.stdout.trim(), 'all well', done.stderr)
    })
  })
}
