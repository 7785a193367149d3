import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bashCompletion, fishCompletion, zshCompletion } from '../../lib/cli/manual/completion'
import { manPage } from '../../lib/cli/manual/man-page'
import { describedCommands } from '../../lib/cli/manual/tree'
import { createProgram } from '../../lib/cli/program'
import { packageRoot } from '../../lib/package-root'
import { installed, run } from '../e2e/demo'

/** A zsh without a terminal has nothing to show its offers in: they are printed. */
const ZSH_STUBS = `compdef() { :; }
_describe() { print -rl -- \${\${(P)2}%%:*}; }
compadd() { shift; print -rl -- "$@"; }
_files() { print FILES; }
_message() { :; }
`

describe('what is made from the commands', () => {
  const all = describedCommands(createProgram())
  let work: string
  before(() => {
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-manual-'))
  })
  after(() => rmSync(work, { recursive: true, force: true }))

  /** What a shell offers behind these words. */
  const SHELLS: Readonly<Record<string, (words: readonly string[]) => Promise<string>>> = {
    bash: async (words) => {
      const file = path.join(work, 'bash')
      writeFileSync(file, bashCompletion(all))
      const line = words.map((word) => `'${word}'`).join(' ')
      const script = `source ${file}; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _haraka_mailbox; printf '%s\\n' "\${COMPREPLY[@]}"`
      return (await run('bash', ['--norc', '-c', script])).stdout
    },
    zsh: async (words) => {
      const file = path.join(work, 'zsh')
      writeFileSync(file, ZSH_STUBS + zshCompletion(all))
      const line = words.map((word) => `'${word}'`).join(' ')
      const script = `source ${file}; words=(${line}); CURRENT=${words.length}; _haraka_mailbox`
      return (await run('zsh', ['-f', '-c', script])).stdout
    },
    fish: async (words) => {
      const file = path.join(work, 'fish')
      writeFileSync(file, fishCompletion(all))
      const script = `source ${file}; complete -C "${words.join(' ')}"`
      return (await run('fish', ['--no-config', '-c', script])).stdout.replace(/\t.*/g, '')
    },
  }
  for (const [shell, offers] of Object.entries(SHELLS)) {
    it(`${shell} completes commands, options and choices`, async function () {
      if (!installed(shell)) {
        console.log(`      no ${shell}: skipped`)
        return this.skip()
      }
      const lines = async (...words: string[]): Promise<string[]> =>
        (await offers(['haraka-mailbox', ...words])).split('\n').filter((line) => line !== '')
      const some = (offered: readonly string[], ...wanted: string[]): void => {
        for (const name of wanted) assert.ok(offered.includes(name), `${name} in ${offered.join(' ')}`)
      }
      some(await lines(''), 'init', 'accounts', 'metrics')
      const accounts = await lines('accounts', '')
      some(accounts, 'add', 'remove')
      assert.ok(!accounts.includes('init'))
      some(await lines('accounts', 'set', 'bob@example.org', '--'), '--quota-bytes', '--home')
      some(await lines('demo', '--store', ''), 'sqlite', 'postgres')
    })
  }

  it('the manual page has every command and option, and man finds no fault', async () => {
    const page = manPage(all, '1.2.3')
    const plain = page.replaceAll('\\-', '-')
    for (const { path: name, commands, options } of all) {
      if (commands.length > 0) continue
      assert.ok(plain.includes(`.SS \\fB${name}\\fR`), name)
      for (const option of options) for (const form of option.names) assert.ok(plain.includes(form), `${name} ${form}`)
    }
    if (!installed('man')) return console.log('      no man: its check is skipped')
    const file = path.join(work, 'haraka-mailbox.1')
    writeFileSync(file, page)
    const args = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', file]
    const checked = await run('man', args, { env: { LC_ALL: 'C.UTF-8', MANWIDTH: '100' } })
    assert.deepEqual([checked.code, checked.stderr], [0, ''])
  })

  it('docs/cli.md knows every command', () => {
    const docs = readFileSync(path.join(packageRoot, 'docs/cli.md'), 'utf8')
    // `import maildir\\|mbox`: one row for several.
    const rows = docs.split('\n')
    const has = ([first = '', second = '']: readonly string[]): boolean =>
      rows.some((row) => row.includes(`\`${first}`) && row.includes(second))
    const missing = all.filter(({ path: name, commands }) => commands.length === 0 && !has(name.split(' ')))
    assert.deepEqual(
      missing.map(({ path: name }) => name),
      [],
    )
  })
})
