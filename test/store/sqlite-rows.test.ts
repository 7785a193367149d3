import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openMail } from '../../lib/store/sqlite/mail'
import {
  messageKey,
  messageRange,
  OWNER,
  type OwnerRow,
  ownerOf,
  uidsFrom,
  uidsText,
} from '../../lib/store/sqlite/rows'
import { StoreUnavailable } from '../../lib/store/store'
import { randomFrom, SEED } from '../random'

describe('sqlite: rows', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-sqlite-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('a list of UIDs is a short text, and the same list again', () => {
    for (const [uids, text] of [
      [[], ''],
      [[7], '7'],
      [[1, 2, 3, 9], '1:3,9'],
      [[9, 3, 4, 4, 5, 1], '9,3:4,4:5,1'],
    ] as const) {
      assert.equal(uidsText(uids), text)
      assert.deepEqual(uidsFrom(text), uids)
    }
    const below = randomFrom(SEED)
    for (let turn = 0; turn < 200; turn++) {
      const uids = Array.from({ length: below(20) }, () => 1 + below(turn % 2 ? 30 : 4_000_000_000))
      assert.deepEqual(uidsFrom(uidsText(uids)), uids, `seed ${SEED}`)
    }
  })

  it('messages of all accounts have ids that differ', () => {
    assert.equal(messageKey(1, 5), 2 ** 32 + 5)
    assert.equal(BigInt(messageKey(2 ** 30, 5)), 2n ** 62n + 5n)
    const [from, to] = messageRange(2 ** 21 - 1)
    assert.equal(BigInt(to) - BigInt(from), 2n ** 32n)
  })

  it('an account is made once, changed where nobody was faster, and leaves nothing', async () => {
    const mail = await openMail(folder)
    const before = { name: 'a@example.org', attributes: '{"disabled":false}' }
    const account = await mail.write('createAccount', [before, 5000])
    assert.ok(account)
    assert.equal(await mail.write('createAccount', [before, 5000]), undefined)
    const after = { name: 'b@example.org', attributes: '{"disabled":true}' }
    assert.equal(await mail.write('swapAccount', [account, before, after]), 'done')
    assert.equal(await mail.write('swapAccount', [account, before, after]), 'changed')
    await mail.write('raiseFence', [account, 7], 'visible')
    const row = mail.read.get<OwnerRow>(`${OWNER} WHERE account = ?`, account)
    assert.ok(row)
    const { attributes, last_uid_validity, fence } = ownerOf(row)
    assert.deepEqual([attributes, last_uid_validity, fence], [{ disabled: true }, 6, 7])
    while (await mail.write('removeSome', [account]));
    for (const table of ['accounts', 'states', 'mailboxes', 'records']) {
      assert.deepEqual(mail.read.all(`SELECT * FROM ${table}`), [], table)
    }
    assert.equal(await mail.write('swapAccount', [account, after, before]), 'gone')
    await mail.close()
    assert.throws(() => mail.read.all('SELECT 1'), StoreUnavailable)
  })
})
