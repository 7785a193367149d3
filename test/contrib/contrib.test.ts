import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMetrics } from '../../lib/metrics/registry'
import { packageRoot, version } from '../../lib/package-root'
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../lib/terms/metrics'
import { installed, run } from '../e2e/demo'

const CONTRIB = path.join(packageRoot, 'contrib')
const textOf = (name: string): string => readFileSync(path.join(CONTRIB, name), 'utf8')

/** A test that a program of this machine decides; skipped, and said, where it is not there. */
function withProgram(program: string, title: string, check: () => Promise<void>): void {
  it(title, async function () {
    if (installed(program)) return check()
    console.log(`      no ${program}: skipped`)
    this.skip()
  })
}

describe('contrib', () => {
  let work: string
  before(() => {
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-contrib-'))
  })
  after(() => rmSync(work, { recursive: true, force: true }))

  withProgram('systemd-analyze', 'systemd takes the unit and its drop-in, and calls it hardened', async () => {
    const folder = path.join(CONTRIB, 'systemd')
    const env = { SYSTEMD_UNIT_PATH: `${folder}:` }
    const verified = await run('systemd-analyze', ['verify', 'haraka.service'], { env })
    assert.deepEqual([verified.code, verified.stdout + verified.stderr], [0, ''])
    const unit = path.join(folder, 'haraka.service')
    const judged = await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], { env })
    assert.equal(judged.code, 0, judged.stdout.split('\n').at(-2))
  })

  withProgram('fail2ban-regex', 'fail2ban finds guesses in the log, and not what is locked out already', async () => {
    const log = path.join(work, 'haraka.log')
    const lines = ['wrong-password', 'unknown-user', 'barred-account', 'policy', 'wrong-code'].map((reason) => {
      const text = `user="ann@example.org" protocol=imap mechanism=PLAIN reason=${reason} connection=1a2b3c4d`
      return `2026-11-30T19:23:27.268Z [WARN] [-] [mailbox/login] login failed: address=192.0.2.7 ${text}\n`
    })
    writeFileSync(log, lines.join(''))
    const { stdout } = await run('fail2ban-regex', [log, path.join(CONTRIB, 'fail2ban/filter.conf'), '--out', 'ip'])
    assert.deepEqual(stdout.trim().split('\n'), ['192.0.2.7', '192.0.2.7', '192.0.2.7'])
  })

  withProgram('promtool', 'the alerts fire when they should', async () => {
    const cwd = path.join(CONTRIB, 'prometheus')
    const checked = await run('promtool', ['check', 'rules', 'haraka-mailbox.rules.yml'], { cwd })
    assert.equal(checked.code, 0, checked.stderr)
    const tested = await run('promtool', ['test', 'rules', 'haraka-mailbox.test.yml'], { cwd })
    assert.equal(tested.code, 0, tested.stdout + tested.stderr)
    // `scrape.yml` names the rules beside it.
    const config = await run('promtool', ['check', 'config', 'scrape.yml'], { cwd })
    assert.equal(config.code, 0, config.stdout + config.stderr)
  })

  it('alerts and dashboard name metrics and labels that a server has', async () => {
    const { registry } = createMetrics()
    const names = new Set((await registry.metrics()).match(/(?<=^# TYPE )\S+/gm))
    const catalog: Readonly<Record<string, { readonly labels: readonly string[] }>> = {
      ...COUNTERS,
      ...GAUGES,
      ...HISTOGRAMS,
    }
    const dashboard: { panels: { targets: { expr: string }[] }[] } = JSON.parse(textOf('grafana/haraka-mailbox.json'))
    const queries = [
      ...[...textOf('prometheus/haraka-mailbox.rules.yml').matchAll(/^ +expr: (.*)$/gm)].map(([, expr = '']) => expr),
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ]
    assert.ok(queries.length > 20)
    const asked = new Set<string>()
    for (const query of queries) {
      for (const [, name = '', selector = ''] of query.matchAll(/\b((?:mailbox|process)_\w+)(?:\{([^}]*)\})?/g)) {
        const metric = names.has(name) ? name : name.replace(/_(?:bucket|count|sum)$/, '')
        assert.ok(names.has(metric), `${query}: there is no metric ${name}`)
        const labels = ['instance', 'job', 'le', ...(catalog[metric]?.labels ?? [])]
        const used = [...selector.matchAll(/(\w+)(?==|!)/g)].map(([, label = '']) => label)
        // `by (...)` of a query is about its only metric.
        const grouped = (/by \(([^)]*)\)/.exec(query)?.[1] ?? '').split(/, ?/).filter((label) => label !== '')
        for (const label of [...used, ...grouped])
          assert.ok(labels.includes(label), `${query}: ${metric} has no ${label}`)
        asked.add(metric)
      }
    }
    for (const alert of Object.keys(COUNTERS).filter((name) => /unavailable|fence/.test(name)))
      assert.ok(asked.has(alert))
  })

  it('the hook of certbot puts key and chain where Haraka reads them, and restarts it', async () => {
    const home = path.join(work, 'home')
    const lineage = path.join(work, 'live')
    mkdirSync(path.join(home, 'config'), { recursive: true })
    mkdirSync(lineage)
    writeFileSync(path.join(lineage, 'privkey.pem'), 'key')
    writeFileSync(path.join(lineage, 'fullchain.pem'), 'chain')
    const env = { HARAKA: home, RENEWED_LINEAGE: lineage, RESTART: `touch ${work}/restarted` }
    const done = await run('sh', [path.join(CONTRIB, 'certbot/haraka-mailbox.sh')], { env })
    assert.equal(done.code, 0, done.stderr)
    const config = path.join(home, 'config')
    assert.deepEqual(readdirSync(config), ['tls_cert.pem', 'tls_key.pem'])
    assert.equal(readFileSync(path.join(config, 'tls_cert.pem'), 'utf8'), 'chain')
    assert.equal(statSync(path.join(config, 'tls_key.pem')).mode & 0o077, 0)
    assert.ok(statSync(path.join(work, 'restarted')))
  })

  withProgram('logrotate', 'logrotate cuts a log that is kept open, and its lines go on', async () => {
    const log = path.join(work, 'haraka.log')
    const rules = path.join(work, 'rules')
    writeFileSync(log, 'a line\n'.repeat(1000))
    writeFileSync(rules, textOf('logrotate/haraka').replace('/var/log/haraka.log', log), { mode: 0o644 })
    const rotated = await run('logrotate', ['--force', '--state', path.join(work, 'state'), rules])
    assert.equal(rotated.code, 0, rotated.stderr)
    appendFileSync(log, 'next\n')
    assert.equal(readFileSync(log, 'utf8'), 'next\n')
    assert.equal(statSync(`${log}.1`).size, 7000)
  })

  it('the image is built of the package of this version', () => {
    assert.ok(textOf('docker/compose.yaml').includes(`TARBALL: haraka-plugin-mailbox-${version}.tgz\n`))
    const { devDependencies } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'))
    assert.ok(textOf('docker/Dockerfile').includes(`ARG HARAKA=${devDependencies.haraka.replace('~', '')}\n`))
  })

  withProgram('shellcheck', 'shell scripts hold what shellcheck asks', async () => {
    const scripts = ['certbot/haraka-mailbox.sh', 'docker/start.sh'].map((name) => path.join(CONTRIB, name))
    const checked = await run('shellcheck', scripts)
    assert.deepEqual([checked.code, checked.stdout], [0, ''])
  })
})
