import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { repeating } from '../../lib/transport/dead-peers'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const REST = '     0        0 62637 2 000000003b1a696e 163 0 0 20 -1\n'

describe('dead peers', function () {
  this.timeout(60_000)

  it('are those of the listener whose octets are repeated', () => {
    const table = [
      HEAD,
      // silent and well
      `   1: 0100007F:0FA0 0100007F:E4E1 01 00000000:00000000 00:00000000 00000000${REST}`,
      // 7 repetitions
      `   2: 0100007F:0FA0 0100007F:E4E2 01 00000005:00000000 01:0000006F 00000007${REST}`,
      // sent just now
      `   3: 0100007F:0FA0 0100007F:E4E3 01 00000005:00000000 01:00000014 00000000${REST}`,
      // a keepalive timer
      `   4: 0100007F:0FA0 0100007F:E4E4 01 00000000:00000000 02:00000BB8 00000000${REST}`,
      // the network is gone: 5 probes
      `   5: 0100007F:0FA0 0100007F:E4E6 01 00000005:00000000 04:0000006F 00000000     0        5 62637 2${REST}`,
      // another listener
      `   5: 0100007F:0FA1 0100007F:E4E5 01 00000005:00000000 01:0000006F 00000003${REST}`,
    ].join('')
    assert.deepEqual(
      [...repeating(table, 4000)],
      [
        ['127.0.0.1 127.0.0.1 58594', 7],
        ['127.0.0.1 127.0.0.1 58598', 5],
      ],
    )
  })

  it('IPv6 and mapped addresses are spelled as Node does', () => {
    const row = (address: string) =>
      `   1: ${address}:0FA0 ${address}:E4E2 01 00000005:00000000 01:0000006F 00000004${REST}`
    const table = HEAD + row('0000000000000000FFFF00000100007F') + row('00000000000000000000000001000000')
    assert.deepEqual([...repeating(table, 4000).keys()], ['::ffff:127.0.0.1 ::ffff:127.0.0.1 58594', '::1 ::1 58594'])
  })

  for (const address of ['127.0.0.1', '::1']) {
    it(`a peer that vanished while octets were on their way is given up (${address})`, function () {
      const script = path.join(packageRoot, 'test/transport/vanished-peer.ts')
      if (spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status !== 0) {
        console.log('      skipped: no network namespaces here')
        return this.skip()
      }
      const args = ['-n', process.execPath, '-r', 'ts-node/register', script, address]
      const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 50_000 })
      assert.equal(stdout.trim(), 'stalled', stderr)
    })
  }
})
