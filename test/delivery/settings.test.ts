import assert from 'node:assert/strict'
import { deliverySettings } from '../../lib/delivery/settings'

describe('mailbox_deliver.ini', () => {
  it('a domain has what its section says, and the rest from above', () => {
    const { domains, settingsOf } = deliverySettings({
      main: { full: 'permanent', subaddress: '-' },
      'domain Example.ORG': { subaddress: 'none', full: 'temporary' },
      'domain b\u00fccher.example': { subaddress_mailbox: 'existing' },
    })
    assert.deepEqual([...domains], ['example.org', 'b\u00fccher.example'])
    assert.deepEqual(settingsOf('example.org'), { full: 'temporary', subaddress: '', subaddressMailbox: 'ignore' })
    assert.deepEqual(settingsOf('b\u00fccher.example'), {
      ...{ full: 'permanent', subaddress: '-', subaddressMailbox: 'existing' },
    })
    assert.deepEqual(settingsOf('elsewhere.example'), {
      ...{ full: 'permanent', subaddress: '-', subaddressMailbox: 'ignore' },
    })
  })

  it('a mistake in the section of a domain is named', () => {
    const wrong = { 'domain example.org': { ful: 'temporary', subaddress_mailbox: 'always' } }
    assert.throws(() => deliverySettings(wrong), /domain example\.org.*ful.*|subaddress_mailbox = always/)
  })
})
