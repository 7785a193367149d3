import assert from 'node:assert/strict'
import { createDelivery, type Delivery } from '../../lib/delivery/delivery'
import { isReply } from '../../lib/delivery/mail'
import { parseAliases } from '../../lib/delivery/recipients/aliases'
import { createRules } from '../../lib/delivery/rules/rules'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { ok } from '../../lib/terms/fault'
import type { AccountId } from '../../lib/terms/names'
import { silentLog } from '../../lib/terms/ports'
import { becomes } from '../eventually'
import { type Kit, startKit } from '../kit'

const me = 'me@example.org'

describe('rules at delivery', function () {
  this.timeout(20_000)
  let kit: Kit
  let id: AccountId
  let delivery: Delivery
  let now = 1_700_000_000_000
  const sent: { sender: string; to: string; text: string }[] = []

  before(async () => {
    kit = await startKit()
    id = await kit.account(me)
    await kit.store.mailboxes.create(id, 'Work')
    const clock = { now: () => Math.max(now, Date.now()) }
    const forward = async (sender: string, recipients: readonly string[], octets: Buffer) => {
      sent.push({ sender, to: recipients.join(), text: octets.toString() })
    }
    delivery = createDelivery({
      rules: createRules({ store: kit.store, clock, log: silentLog, forward }),
      store: kit.store,
      room: kit.room,
      settings: mailboxSettings({ quota: { warn_at: '50 90' } }),
      clock,
      log: silentLog,
      aliases: () => parseAliases([]).table,
      isLocalDomain: () => true,
      settingsOf: () => ({ full: 'permanent', subaddress: '+', subaddressMailbox: 'existing' }),
      forward,
    })
  })
  after(() => kit.close())

  async function use(account: AccountId, text: string): Promise<void> {
    assert.equal(await kit.store.scripts.put(account, 'main', text), undefined)
    assert.equal(await kit.store.scripts.activate(account, 'main'), undefined)
  }
  async function deliver(headers: string, to = me, sender = 's@example.net'): Promise<string> {
    const accepted = await delivery.rcpt(to)
    assert.ok(accepted)
    if (isReply(accepted)) return `${accepted.code} ${accepted.enhanced}`
    const octets = [Buffer.from(`${headers.replace(/\n/g, '\r\n')}\r\n\r\nbody\r\n`)]
    const [reply] = await delivery.deliver({ sender, received: () => '', octets }, [accepted])
    return `${reply?.code} ${reply?.enhanced} ${reply?.text}`
  }
  const counts = async (): Promise<string> =>
    (await kit.store.mailboxes.list(id))
      .filter(({ messages }) => messages > 0)
      .map(({ name, messages, unseen }) => `${name} ${messages}/${unseen}`)
      .join(', ')
  /** A notice to the owner is written after the reply. */
  async function until(expected: string): Promise<void> {
    await becomes(counts, expected)
  }

  it('files with flags; a mailbox that is not there means INBOX; a detail is a mailbox', async () => {
    await use(
      id,
      'require ["fileinto","imap4flags"]; if header :contains "subject" "job" { fileinto :flags "\\\\Seen" "Work"; } elsif header "subject" "gone" { fileinto "Nowhere"; }',
    )
    assert.equal(await deliver('Subject: a job'), '250 2.0.0 stored')
    assert.equal(await counts(), 'Work 1/0')
    await deliver('Subject: gone')
    await deliver('Subject: x', 'me+work@example.org')
    assert.equal(await counts(), 'INBOX 1/1, Work 2/1')
  })

  it('files into mailboxes of others with the right p or i, under their quota; else INBOX; a detail does not', async () => {
    const poster = await kit.account('poster@example.org')
    const team = await kit.account('team@example.org')
    await kit.store.accounts.update(team, () => ok({ overrides: { shared: 'yes' } }))
    const box = await kit.store.mailboxes.find(team, 'INBOX')
    assert.ok(box)
    const rights = (text: string) => kit.store.acl.change(team, box.id, 'poster@example.org', () => text)
    const countOf = async (account: AccountId) => (await kit.store.mailboxes.find(account, 'INBOX'))?.messages
    const both = async () => [await countOf(poster), await countOf(team)]
    const name = 'Shared/team@example.org/INBOX'
    await use(
      poster,
      `require ["fileinto","mailbox","imap4flags"];
      if mailboxexists "${name}" { fileinto :create :flags ["\\\\Seen","\\\\Flagged"] "${name}"; } else { fileinto :create "${name}/x"; }`,
    )
    const post = (id: string, to = 'poster@example.org') => deliver(`Message-ID: <${id}@x>\nSubject: ${id}`, to)
    await post('no right')
    assert.deepEqual(await both(), [1, 0])
    assert.equal((await kit.store.mailboxes.list(poster)).length, 1, 'no mailbox of such a name was made')
    await rights('p')
    await post('posted')
    assert.deepEqual(await both(), [1, 1])
    await rights('is')
    await post('inserted')
    assert.deepEqual(await both(), [1, 2])
    const flags = (await kit.store.messages.snapshot(team, box.id))?.flagSets.map(({ wire }) => wire)
    assert.deepEqual(flags, ['()', '(\\Seen)'], 'flags as the rights allow')
    await kit.store.accounts.update(team, () => ok({ quotaMessages: 2 }))
    await post('full')
    assert.deepEqual(await both(), [2, 2])
    await use(poster, 'keep;')
    await deliver('Subject: x', `poster+${name.replaceAll('@', '=')}@example.org`)
    assert.deepEqual(await both(), [3, 2])
  })

  it('a mistake loses nothing: INBOX, and the owner is told once', async () => {
    await use(id, 'fileinto "Work";')
    await deliver('Subject: 1')
    await until('INBOX 3/3, Work 2/1')
    await deliver('Subject: 2')
    await until('INBOX 4/4, Work 2/1')
  })

  it('reject is the reply; discard stores nothing; redirect keeps the sender and ends in no loop', async () => {
    await use(id, 'require "reject"; reject text:\nNot\nhere.\n.\n;')
    assert.equal(await deliver('Subject: 1'), '550 5.7.1 Not here.')
    // RFC 5429 2.1.1: replies are US-ASCII.
    await use(id, 'require "ereject"; ereject "N\u00f6, \u00e0 bient\u00f4t";')
    assert.equal(await deliver('Subject: 1'), '550 5.7.1 No, a bientot')
    await use(id, `require "reject"; reject "${'\u65e5\u672c'.repeat(300)}";`)
    assert.equal(await deliver('Subject: 1'), '550 5.7.1 refused by a filter of the recipient')
    await use(id, `require "reject"; reject "${'long '.repeat(300)}";`)
    assert.equal((await deliver('Subject: 1')).length, 410)
    await use(id, 'discard;')
    assert.equal(await deliver('Subject: 1'), '250 2.0.0 stored')
    assert.equal(await counts(), 'INBOX 4/4, Work 2/1')
    await use(id, 'redirect "far@example.com"; # once')
    await deliver('Subject: away')
    assert.deepEqual([sent[0]?.sender, sent[0]?.to], ['s@example.net', 'far@example.com'])
    // RFC 5321 4.4: without what final delivery adds.
    assert.equal(sent[0]?.text, 'X-Sieve-Redirected-By: me@example.org\r\nSubject: away\r\n\r\nbody\r\n')
    await deliver('X-Sieve-Redirected-By: me@example.org\nSubject: back')
    await until('INBOX 6/6, Work 2/1')
    assert.equal(sent.length, 1)
  })

  it('RFC 5230: one answer a sender in so many days, to people only', async () => {
    sent.length = 0
    await use(id, 'require "vacation"; vacation :days 2 :subject "Gr\u00fc\u00dfe" "I am away";')
    const mail = 'To: me@example.org\nMessage-ID: <1@example.net>\nSubject: hi'
    for (const [headers, to, sender] of [
      [mail, me, 'a@example.net'],
      [mail, me, 'A@example.net'],
      [mail, me, ''],
      [mail, me, 'owner-list@example.net'],
      [`List-Id: <l.example.net>\n${mail}`, me, 'b@example.net'],
      [`Precedence: bulk\n${mail}`, me, 'b@example.net'],
      [`Auto-Submitted: auto-replied\n${mail}`, me, 'b@example.net'],
      ['To: others@example.org\nSubject: bcc', me, 'b@example.net'],
      [mail, me, me],
      ['To: me+x@example.org\nSubject: detail', 'me+x@example.org', 'c@example.net'],
    ] as const) {
      await deliver(headers, to, sender)
    }
    assert.deepEqual(
      sent.map(({ sender, to }) => `${sender}>${to}`),
      ['>a@example.net', '>c@example.net'],
    )
    const [{ text } = { text: '' }] = sent
    for (const line of [
      /^From: me@example\.org\r$/m,
      /^Subject: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe\?=\r$/m,
      /^In-Reply-To: <1@example\.net>\r$/m,
      /^Auto-Submitted: auto-replied \(vacation\)\r$/m,
      /\r\n\r\nI am away\r\n$/,
    ]) {
      assert.match(text, line)
    }
    now = Date.now() + 3 * 86_400_000
    await deliver(mail, me, 'a@example.net')
    assert.equal(sent.length, 3)
  })

  it('RFC 5228 2.10.3: one copy in a mailbox, whatever it is called, with the flags of all', async () => {
    await kit.store.mailboxes.create(id, '\u00e4mt')
    const before = await counts()
    for (const script of [
      'keep; fileinto "INBOX";',
      'fileinto "INBOX"; fileinto "inbox";',
      'fileinto :copy "INBOX";',
      'fileinto "Gone1"; fileinto "Gone2"; keep;',
      'fileinto "\u00e4mt"; fileinto "a\u0308mt";',
    ])
      await deliverBy(`require ["fileinto", "copy"]; ${script}`)
    const [inbox = '', rest = ''] = before.split(/, (.*)/)
    const [messages = 0, unseen = 0] = inbox.replace('INBOX ', '').split('/').map(Number)
    assert.equal(await counts(), `INBOX ${messages + 4}/${unseen + 4}, ${rest}, \u00e4mt 1/1`)
    await deliverBy('require ["fileinto", "imap4flags"]; keep :flags "\\\\Seen"; fileinto :flags "x" "InBox";')
    assert.equal(await counts(), `INBOX ${messages + 5}/${unseen + 4}, ${rest}, \u00e4mt 1/1`)
  })
  async function deliverBy(script: string): Promise<void> {
    await use(id, script)
    assert.equal(await deliver('Subject: twice'), '250 2.0.0 stored')
  }

  it('RFC 5490, RFC 8579: a mailbox that is made, and one that is found by its use', async () => {
    await deliverBy('require ["fileinto", "mailbox"]; if not mailboxexists "New/Deep" { fileinto :create "New/Deep"; }')
    assert.match(await counts(), /New\/Deep 1\/1/)
    await kit.store.mailboxes.create(id, 'Old', { specialUse: ['\\Archive'] })
    await deliverBy('require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Archive" "INBOX";')
    assert.match(await counts(), /Old 1\/1/)
  })

  it('RFC 7352: what came before is known in the store, once it was stored', async () => {
    const before = await counts()
    for (const nth of [1, 2, 3]) {
      await use(id, `require ["duplicate", "fileinto"]; if duplicate :uniqueid "same" { discard; } # ${nth}`)
      await deliver('Subject: duplicate')
    }
    assert.equal(
      await counts(),
      before.replace(/INBOX (\d+)\/(\d+)/, (_all, n, u) => `INBOX ${+n + 1}/${+u + 1}`),
    )
  })

  it('RFC 6609: a script includes another of its owner', async () => {
    await kit.store.scripts.put(id, 'other', 'require "fileinto"; fileinto "Included"; fileinto "Work";')
    const before = /Work (\d+)/.exec(await counts())?.[1]
    await deliverBy('require "include"; include "other";')
    assert.equal(/Work (\d+)/.exec(await counts())?.[1], String(Number(before) + 1))
  })

  it('RFC 5436: a notification leaves with a null sender, and none about automatic mail', async () => {
    sent.length = 0
    await use(id, 'require "enotify"; notify :message "You have mail" "mailto:phone@example.net";')
    await deliver('Subject: x\nMessage-ID: <n@example.net>')
    await deliver('Subject: x\nAuto-Submitted: auto-generated')
    assert.deepEqual(
      sent.map(({ sender, to }) => `${sender}>${to}`),
      ['>phone@example.net'],
    )
    assert.match(sent[0]?.text ?? '', /^Auto-Submitted: auto-notified; owner-email="me@example\.org"\r$/m)
    assert.match(sent[0]?.text ?? '', /^Subject: You have mail\r$/m)
  })

  it('warns the owner once for each threshold, and refuses when it is full', async () => {
    await kit.store.scripts.activate(id, undefined)
    const { messages } = await kit.store.accounts.usage(id)
    await kit.store.accounts.update(id, () => ok({ quotaMessages: 2 * (messages + 1) }))
    await deliver('Subject: half')
    // The mail, and the warning.
    await becomes(async () => (await kit.store.accounts.usage(id)).messages, messages + 2)
    await deliver('Subject: more')
    assert.equal((await kit.store.accounts.usage(id)).messages, messages + 3)
    await kit.store.accounts.update(id, () => ok({ quotaMessages: messages + 3 }))
    assert.equal(await deliver('Subject: full'), '552 5.2.2')
  })
})
