import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readInvitation } from '../../lib/http/mail/invite/read-invitation'
import { createLookup, isPublic, NotAsked, postOutside } from '../../lib/http/mail/message/ask-outside'
import { authenticationOf } from '../../lib/http/mail/message/authentication'
import { distinct, zip } from '../../lib/http/mail/message/zip'
import { calendar } from './api/reading'

describe('HTTP: what a reader is told of a message', () => {
  it('reads Authentication-Results with comments, folds and several signatures', () => {
    const value =
      'MAIL.example.org 1; dkim=fail (bad; key) header.d=a.example; dkim=pass header.i=@b.example; dmarc=fail (p=none)'
    const field = { name: 'authentication-results', value }
    assert.deepEqual(authenticationOf([field], 'mail.example.org'), {
      ...{ dkim: 'pass', dmarc: 'fail', signedBy: ['b.example'] },
    })
    assert.equal(authenticationOf([field], 'mail.example.com'), undefined)
    const chosen = 'smtp.mailfrom="x; dkim=pass header.d=bank.example; (dmarc=pass; \\"; dmarc=pass"@evil.example'
    const quoted = { name: field.name, value: `mail.example.org; spf=pass ${chosen}; dmarc=fail; dkim=none` }
    assert.deepEqual(authenticationOf([quoted], 'mail.example.org'), {
      ...{ spf: 'pass', dmarc: 'fail', dkim: 'none', signedBy: [] },
    })
  })

  it('reads whole days, zones without their rules, and what is no calendar', () => {
    const days = readInvitation({ text: calendar(['DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227']) })
    assert.deepEqual(
      [days?.invitation.allDay, days?.invitation.start, days?.invitation.end],
      [true, Date.UTC(2026, 11, 24), Date.UTC(2026, 11, 26)],
    )
    const berlin = readInvitation({ text: calendar(['DTSTART;TZID=Europe/Berlin:20260701T120000']) })
    assert.deepEqual([berlin?.invitation.start, berlin?.invitation.floating], [Date.UTC(2026, 6, 1, 10), false])
    const local = readInvitation({ text: calendar(['DTSTART:20260701T120000']) })
    assert.equal(local?.invitation.floating, true)
    const odd = ['DTSTART:soon', 'DTSTART;VALUE=DATE:20261', 'DTSTART;VALUE=PERIOD:20260101T000000Z/PT1H']
    for (const line of odd) assert.equal(readInvitation({ text: calendar([line]) }), undefined, line)
    for (const text of ['', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR', 'BEGIN:VEVENT', '<html>']) {
      assert.equal(readInvitation({ text }), undefined, text)
    }
  })

  it('names files of an archive apart, and makes an empty one', async () => {
    assert.deepEqual(distinct(['a.txt', 'A.txt', 'b', 'b', '.c']), ['a.txt', 'A (2).txt', 'b', 'b (2)', '.c'])
    const begun = process.cpuUsage().user
    assert.equal(new Set(distinct(Array.from({ length: 1000 }, () => `${'n'.repeat(235)}.txt`))).size, 1000)
    assert.ok(process.cpuUsage().user - begun < 50_000, 'files of one name hold nobody up')
    const pieces: Buffer[] = []
    for await (const piece of zip([])) pieces.push(piece)
    assert.equal(Buffer.concat(pieces).length, 22)
  })
  it('asks servers of the internet only, at their own port and without a word about who asks', async () => {
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '::1',
      '::ffff:192.168.0.1',
      'fd00::1',
      'x',
      '0.0.0.0',
      '100.64.0.1',
      '64:ff9b::7f00:1',
    ]) {
      assert.equal(isPublic(address), false, address)
    }
    for (const address of ['93.184.216.34', '2606:2800:220:1::1', '::ffff:8.8.8.8'])
      assert.equal(isPublic(address), true)
    const looked: string[] = []
    const lookup = async (host: string) => {
      looked.push(host)
      return [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]
    }
    const post = (url: string) => postOutside(new URL(url), 'x', lookup)
    // One of its addresses is of this machine: rebinding.
    await assert.rejects(post('https://list.example/'), NotAsked)
    for (const url of ['http://list.example/', 'https://list.example:8443/', 'https://a:b@list.example/']) {
      await assert.rejects(post(url), NotAsked, url)
    }
    assert.deepEqual(looked, ['list.example'])
    // Servers of names: one that is silent, and one that leads to this machine.
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    const leading = createSocket('udp4').bind(0, '127.0.0.1')
    leading.on('message', (query, { port }) => {
      const answer = Buffer.from('c00c0001000100000001000' + '47f000001', 'hex')
      const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1
      const question = query.subarray(0, query.indexOf(0, 12) + 5)
      const reply = Buffer.concat([question, isA ? answer : Buffer.alloc(0)])
      reply.writeUInt16BE(0x8180, 2)
      reply.writeUInt16BE(isA ? 1 : 0, 6)
      reply.writeUInt16BE(0, 10)
      leading.send(reply, port, '127.0.0.1')
    })
    await Promise.all([once(silent, 'listening'), once(leading, 'listening')])
    const by = (socket: typeof silent, patience: number) =>
      createLookup(patience, [`127.0.0.1:${socket.address().port}`])
    assert.deepEqual(await by(silent, 100)('list.example'), [])
    assert.deepEqual(await by(leading, 5000)('list.example'), [{ address: '127.0.0.1', family: 4 }])
    await assert.rejects(postOutside(new URL('https://list.example/'), 'x', by(leading, 5000)), NotAsked)
    await assert.rejects(postOutside(new URL('https://[::1]/'), 'x', by(leading, 5000)), NotAsked)
    await assert.rejects(postOutside(new URL('https://2130706433/'), 'x', by(leading, 5000)), NotAsked)
    silent.close()
    leading.close()
  })
})
