import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ImapFlow } from 'imapflow'
import { DRIVERS } from '../../stores'
import { ACCOUNTS, run } from '../demo'
import { clientSuite } from './client-suite'

const alice = 'alice@example.org'
const password = ACCOUNTS[alice]

/** Real mail programs against a real server; each is skipped, visibly, where it is not installed. */
for (const driver of DRIVERS) {
  describe(`real clients on ${driver}`, function () {
    this.timeout(60_000)
    const suite = clientSuite(driver, ['--nodes', '2'])
    const { withClient } = suite
    const imap = () => suite.imapflow(alice)
    async function fill(...subjects: string[]): Promise<void> {
      const client = imap()
      await client.connect()
      await client.mailboxOpen('INBOX')
      if (client.mailbox && client.mailbox.exists > 0) await client.messageDelete('1:*')
      await client.logout()
      await suite.send(alice, ...subjects)
    }

    withClient('swaks', 'sends with STARTTLS and AUTH', async () => {
      await fill()
      const sent = await run('swaks', [
        ...['--server', '127.0.0.1', '--port', String(suite.demo.submission), '--tls', '--auth', 'PLAIN'],
        ...['--auth-user', alice, '--auth-password', password, '--from', alice, '--to', alice, '--helo', 'localhost'],
      ])
      assert.equal(sent.code, 0, sent.stdout)
      assert.match(sent.stdout, /235 2\.7\.0/)
      assert.match(sent.stdout, /250 stored for 1/)
    })

    withClient('curl', 'lists, reads and deletes over POP3S, reads over IMAPS', async () => {
      await fill('one', 'two')
      const login = ['-s', '-S', '-k', '--user', `${alice}:${password}`]
      const pop = `pop3s://127.0.0.1:${suite.demo.pop3s}/`
      const list = await run('curl', [...login, pop])
      assert.equal(list.stdout.trim().split('\n').length, 2)
      const stls = await run('curl', [...login, '--ssl-reqd', `pop3://127.0.0.1:${suite.demo.pop3}/2`])
      assert.match(stls.stdout, /Subject: two/)
      const [, size] = (list.stdout.split('\r\n')[1] ?? '').split(' ')
      assert.equal(Buffer.byteLength(stls.stdout), Number(size))
      await run('curl', [...login, '--head', '-X', 'DELE 1', pop])
      const left = await run('curl', [...login, `imaps://127.0.0.1:${suite.demo.imaps}/INBOX?ALL`])
      assert.match(left.stdout, /^\* SEARCH 1\r$/m)
    })

    withClient('fetchmail', 'fetches everything once', async () => {
      await fill('f1', 'f2', 'f3')
      const rc = path.join(suite.work, 'fetchmailrc')
      const got = path.join(suite.work, 'fetched')
      writeFileSync(
        rc,
        `poll 127.0.0.1 protocol POP3 port ${suite.demo.pop3} user "${alice}" password "${password}" sslproto '' mda "cat >> ${got}"\n`,
        { mode: 0o600 },
      )
      const done = await run('fetchmail', ['-f', rc, '--nodetach', '--nosyslog', '-v'], {
        env: { FETCHMAILHOME: suite.work, HOME: suite.work },
      })
      assert.equal(done.code, 0, done.stdout + done.stderr)
      const mail = readFileSync(got, 'utf8')
      for (const subject of ['f1', 'f2', 'f3']) assert.match(mail, new RegExp(`^Subject: ${subject}\r?$`, 'm'))
      const again = await run('fetchmail', ['-f', rc, '--nodetach', '--nosyslog', '-c'], {
        env: { FETCHMAILHOME: suite.work, HOME: suite.work },
      })
      assert.equal(again.code, 1, 'exit 1: no mail left')
    })

    withClient('mbsync', 'synchronises both ways: mail, flags, mailboxes', async () => {
      await fill('m1', 'm2')
      const maildir = path.join(suite.work, 'maildir')
      mkdirSync(maildir)
      const rc = path.join(suite.work, 'mbsyncrc')
      writeFileSync(
        rc,
        `IMAPAccount a
Host 127.0.0.1
Port ${suite.demo.imap}
User ${alice}
Pass "${password}"
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path ${maildir}/
Inbox ${maildir}/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`,
      )
      const sync = async (): Promise<void> => {
        const done = await run('mbsync', ['-c', rc, '-a'], { env: { HOME: suite.work } })
        assert.equal(done.code, 0, done.stdout + done.stderr)
      }
      await sync()
      const files = (box: string): string[] =>
        ['cur', 'new'].flatMap((part) =>
          readdirSync(path.join(maildir, box, part)).map((name) => path.join(maildir, box, part, name)),
        )
      assert.equal(files('INBOX').length, 2)

      // Here: a new local mailbox with a message, and one message of INBOX flagged on the server.
      for (const part of ['cur', 'new', 'tmp']) mkdirSync(path.join(maildir, 'Projects', part), { recursive: true })
      writeFileSync(path.join(maildir, 'Projects', 'cur', '1.local:2,SF'), 'Subject: local\n\nhi\n')
      const client = imap()
      await client.connect()
      await client.mailboxOpen('INBOX')
      await client.messageFlagsAdd('1', ['\\Flagged', '\\Seen'])
      await client.logout()
      await sync()
      assert.equal(files('INBOX').filter((name) => /:2,.*F.*S/.test(name)).length, 1)

      const check = imap()
      await check.connect()
      await check.mailboxOpen('Projects')
      const message = await check.fetchOne('1', { flags: true, envelope: true })
      assert.ok(message)
      assert.equal(message.envelope?.subject, 'local')
      assert.deepEqual([...(message.flags ?? [])].filter((flag) => flag !== '\\Recent').sort(), ['\\Flagged', '\\Seen'])
      await check.logout()
    })

    it('imapflow: ENABLE of everything, QRESYNC after a visit of somebody else, names in UTF-8', async () => {
      await fill('q1', 'q2', 'q3')
      const flow = (): ImapFlow => suite.imapflow(alice, { qresync: true })
      const first = flow()
      await first.connect()
      for (const word of ['QRESYNC', 'UTF8=ACCEPT', 'IMAP4REV2']) assert.ok(first.enabled.has(word), word)
      const before = await first.mailboxOpen('INBOX')
      await first.mailboxCreate('Grüße/日本')
      assert.ok((await first.list()).some(({ path }) => path === 'Grüße/日本'))
      await first.mailboxDelete('Grüße/日本')
      await first.mailboxDelete('Grüße')
      await first.logout()

      const other = flow()
      await other.connect()
      await other.mailboxOpen('INBOX')
      const gone = await other.fetchOne('2', { uid: true })
      await other.messageDelete('2')
      await other.messageFlagsAdd('1', ['$Label'])
      await other.logout()

      const again = flow()
      const told: unknown[] = []
      again.on('expunge', ({ uid, earlier }: { uid?: number; earlier?: boolean }) => told.push([uid, earlier]))
      again.on('flags', ({ seq, flags }: { seq: number; flags?: Set<string> }) => told.push([seq, [...(flags ?? [])]]))
      await again.connect()
      const known = { changedSince: before.highestModseq, uidValidity: before.uidValidity }
      await again.mailboxOpen('INBOX', known)
      assert.deepEqual(told, [
        [gone ? gone.uid : 0, true],
        [1, ['$Label']],
      ])
      await again.logout()
    })

    withClient('aerc', 'makes a mailbox, copies into it and flags', async () => {
      await fill('a1', 'for aerc')
      const folder = path.join(suite.work, 'aerc')
      mkdirSync(folder, { recursive: true })
      const source = `imap+insecure://${encodeURIComponent(alice)}:${encodeURIComponent(password)}@127.0.0.1:${suite.demo.imap}`
      const account = `[mail]\nsource = ${source}\ndefault = INBOX\nfrom = ${alice}\n`
      writeFileSync(path.join(folder, 'accounts.conf'), account, { mode: 0o600 })
      // What is typed when that stands on the screen.
      const typed = ['for aerc', ':mkdir Aerc\r', 'irectory', ':cp Aerc\r', 'opied', ':flag\r', '!', ':quit\r']
      const driver = path.join(__dirname, 'type-at-screen.py')
      const env = { HOME: suite.work, XDG_CONFIG_HOME: suite.work, TERM: 'xterm' }
      const done = await run('python3', [driver, 'aerc', ...typed], { env })
      assert.equal(done.code, 0, done.stdout)
      const client = imap()
      await client.connect()
      await client.mailboxOpen('Aerc')
      const copy = await client.fetchOne('1', { envelope: true })
      await client.mailboxOpen('INBOX')
      const flagged = await client.search({ flagged: true })
      await client.logout()
      assert.ok(copy)
      assert.equal(copy.envelope?.subject, 'for aerc')
      assert.deepEqual(flagged, [2])
    })

    withClient('mutt', 'opens the mailbox and saves a message into another', async () => {
      await fill('for mutt')
      const rc = path.join(suite.work, 'muttrc')
      writeFileSync(
        rc,
        `set imap_user="${alice}"
set imap_pass="${password}"
set ssl_starttls=no
set ssl_force_tls=no
set folder="imap://127.0.0.1:${suite.demo.imap}/"
set spoolfile="+INBOX"
set confirmcreate=no
set confirmappend=no
set delete=yes
set quit=yes
set wait_key=no
set move=no
push "<save-message>=Saved<enter><quit>"
`,
      )
      const done = await run('script', ['-qec', `mutt -n -F ${rc}`, '/dev/null'], {
        env: { HOME: suite.work, TERM: 'xterm' },
      })
      assert.equal(done.code, 0, done.stdout)
      const client = imap()
      await client.connect()
      await client.mailboxOpen('Saved')
      const message = await client.fetchOne('1', { envelope: true })
      assert.ok(message)
      assert.equal(message.envelope?.subject, 'for mutt')
      const inbox = await client.status('INBOX', { messages: true })
      assert.match(JSON.stringify(inbox), /"messages":0/)
      await client.logout()
    })

    withClient('python3', 'poplib and imaplib', async () => {
      await fill('py1', 'py2')
      const script = `
import imaplib, poplib, sys
user, password, pop, imap = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
p = poplib.POP3('127.0.0.1', pop)
p.stls(); p.user(user); p.pass_(password)
count, size = p.stat()
assert count == 2, count
lines = p.retr(1)[1]
assert b'.dot' in lines and b'..dots' in lines, lines
assert len(p.uidl()[1]) == 2
p.dele(1); p.rset(); p.dele(2); p.quit()
m = imaplib.IMAP4('127.0.0.1', imap)
m.starttls(); m.login(user, password)
assert m.select()[1] == [b'1']
assert m.append('INBOX', '(\\\\Flagged)', None, b'Subject: appended\\r\\n\\r\\nx\\r\\n')[0] == 'OK'
assert m.noop()[0] == 'OK'
assert m.search(None, 'FLAGGED')[1] == [b'2']
assert b'Subject: appended' in m.fetch('2', '(RFC822)')[1][0][1]
assert m.create('"A b"')[0] == 'OK'
assert m.uid('COPY', '1:*', '"A b"')[0] == 'OK'
assert m.select('"A b"')[1] == [b'2']
assert m.store('1', '+FLAGS', '\\\\Deleted')[0] == 'OK'
assert m.expunge()[1] == [b'1']
m.close(); m.logout()
print('all well')
`
      const done = await run('python3', [
        '-c',
        script,
        alice,
        password,
        String(suite.demo.pop3),
        String(suite.demo.imap),
      ])
      assert.equal(done.stdout.trim(), 'all well', done.stderr)
    })

    withClient('offlineimap', 'synchronises both ways, and sees deletions', async () => {
      await fill('o1', 'o2')
      const rc = path.join(suite.work, 'offlineimaprc')
      const maildir = path.join(suite.work, 'offline')
      writeFileSync(
        rc,
        `[general]
accounts = a
metadata = ${path.join(suite.work, 'offline-state')}
socktimeout = 20
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${maildir}
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = ${suite.demo.imap}
remoteuser = ${alice}
remotepass = ${password}
ssl = no
starttls = no
folderfilter = lambda name: name in ('INBOX', 'Archive')
`,
        { mode: 0o600 },
      )
      const sync = async (): Promise<void> => {
        const done = await run('offlineimap', ['-o', '-c', rc, '-u', 'quiet'], { env: { HOME: suite.work } })
        assert.equal(done.code, 0, done.stdout + done.stderr)
      }
      await sync()
      const files = (): string[] =>
        ['cur', 'new'].flatMap((part) =>
          readdirSync(path.join(maildir, 'INBOX', part)).map((name) => path.join(maildir, 'INBOX', part, name)),
        )
      assert.equal(files().length, 2)
      // Here: one message is gone, one is new.
      const gone = files().find((name) => /^Subject: o1\r?$/m.test(readFileSync(name, 'utf8')))
      assert.ok(gone)
      rmSync(gone)
      writeFileSync(
        path.join(maildir, 'INBOX', 'cur', '1.local:2,FS'),
        'Subject: local\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\nhi\n',
      )
      await sync()
      const client = imap()
      await client.connect()
      await client.mailboxOpen('INBOX')
      const subjects: string[] = []
      for await (const message of client.fetch('1:*', { envelope: true, flags: true })) {
        subjects.push(message.envelope?.subject ?? '')
        if (message.envelope?.subject === 'local') assert.ok(message.flags?.has('\\Flagged'))
      }
      assert.deepEqual(subjects, ['o2', 'local'])
      await client.logout()
    })

    withClient('imapfilter', 'finds by SEARCH, flags and moves', async () => {
      await fill('keep', 'invoice 1', 'invoice 2')
      const config = path.join(suite.work, 'imapfilter.lua')
      writeFileSync(
        config,
        `options.timeout = 20
options.create = true
options.certificates = false
options.starttls = false
account = IMAP { server = '127.0.0.1', port = ${suite.demo.imap}, username = '${alice}', password = '${password}' }
found = account.INBOX:contain_subject('invoice') * account.INBOX:is_unseen()
found:mark_flagged()
found:move_messages(account['Invoices'])
exists, unread, recent, next = account['Invoices']:check_status()
print('moved ' .. exists)
`,
      )
      const done = await run('imapfilter', ['-c', config], { env: { HOME: suite.work } })
      assert.match(done.stdout, /moved 2/, done.stdout + done.stderr)
      const client = imap()
      await client.connect()
      await client.mailboxOpen('Invoices')
      for await (const { flags } of client.fetch('1:*', { flags: true })) assert.ok(flags?.has('\\Flagged'))
      assert.match(JSON.stringify(await client.status('INBOX', { messages: true })), /"messages":1/)
      await client.logout()
    })

    withClient('perl', 'Mail::IMAPClient: structure, search, threads, append, migration of a mailbox', async () => {
      if ((await run('perl', ['-MMail::IMAPClient', '-e', '1'])).code !== 0) {
        console.log('      skipped: Mail::IMAPClient is not installed')
        return
      }
      await fill('p1', 'p2')
      const script = `
use strict; use warnings; use Mail::IMAPClient; use Mail::IMAPClient::BodyStructure;
my ($user, $password, $port) = @ARGV;
my $i = Mail::IMAPClient->new(Server => '127.0.0.1', Port => $port, User => $user, Password => $password, Uid => 1, Timeout => 20) or die $@;
sub ok { my ($got, $what) = @_; die "$what: " . ($i->LastError // '') unless $got }
ok($i->select('INBOX'), 'select');
my @found = $i->search('SUBJECT', $i->Quote('p2'));
ok(@found == 1, 'search');
my $structure = $i->get_bodystructure($found[0]);
ok(lc $structure->bodytype eq 'text' && lc $structure->bodysubtype eq 'plain', 'structure');
my $envelope = $i->get_envelope($found[0]);
ok($envelope->subject eq 'p2', 'envelope');
ok(($i->subject($found[0]) // '') eq 'p2', 'subject');
my $mixed = join "\r\n", 'Subject: mixed', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
  '--b', 'Content-Type: text/plain', '', 'one', '--b', 'Content-Type: message/rfc822', '', 'Subject: inner', '', 'two', '--b--', '';
my $uid = $i->append_string('INBOX', $mixed, '\\Seen', '01-Jan-2026 00:00:00 +0000');
ok($uid, 'append');
my $parts = $i->get_bodystructure($uid);
ok($parts->bodytype =~ /multipart/i && join(',', grep { /^d/ } $parts->parts) =~ /2/, 'parts');
ok($i->bodypart_string($uid, '2.1') eq 'two', 'part of a message in a message: ' . ($i->bodypart_string($uid, '2.1') // ''));
ok($i->thread('REFERENCES'), 'thread');
ok($i->has_capability('UIDPLUS'), 'capability');
ok($i->create('Perl box'), 'create');
ok($i->copy('Perl box', $uid), 'copy');
ok($i->message_count('Perl box') == 1, 'message_count');
ok($i->move('Perl box', $found[0]), 'move');
ok($i->expunge, 'expunge');
ok($i->exists('Perl box') && $i->is_parent('Perl box') == 0, 'exists');
ok($i->idle && $i->done, 'idle');
ok($i->delete('Perl box'), 'delete');
ok($i->logout, 'logout');
print "all well\n";
`
      const file = path.join(suite.work, 'client.pl')
      writeFileSync(file, script)
      const done = await run('perl', [file, alice, password, String(suite.demo.imap)])
      assert.equal(done.stdout.trim(), 'all well', done.stderr)
    })

    it('imapflow: knows Sent, Drafts, Trash, Junk and Archive at the first login', async () => {
      const client = suite.imapflow('bob@example.org')
      await client.connect()
      const list = await client.list()
      const uses = new Map(
        list.map(({ specialUse, path: name, specialUseSource }) => [specialUse, `${name} ${specialUseSource ?? ''}`]),
      )
      for (const name of ['Sent', 'Drafts', 'Trash', 'Junk', 'Archive']) {
        assert.equal(uses.get(`\\${name}`), `${name} extension`)
      }
      assert.ok(list.every(({ subscribed }) => subscribed))
      await client.logout()
    })
  })
}
