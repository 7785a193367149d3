import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { packageRoot } from '../package-root'

const LINES = ['store', 'locks', 'login', 'deliver', 'pop3', 'imap', 'http'].map((name) => `mailbox/${name}`)

interface Step {
  readonly text: string
  run(): void
}

const active = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)

/** What is missing in a Haraka home; nothing that exists is changed, lines are only added at the end. */
export function initSteps(home: string): Step[] {
  const config = path.join(home, 'config')
  const plugins = path.join(config, 'plugins')
  if (!existsSync(plugins)) {
    throw new Error(`${home} is no Haraka home: config/plugins is missing. Make one with \`haraka -i ${home}\`.`)
  }
  const before = readFileSync(plugins, 'utf8')
  const present = active(before)
  const missing = LINES.filter((line) => !present.includes(line) && !present.includes(`haraka-plugin-${line}`))
  const steps: Step[] = readdirSync(path.join(packageRoot, 'config'))
    .filter((file) => file.endsWith('.ini') && !existsSync(path.join(config, file)))
    .map((file) => ({
      text: `new file  config/${file}`,
      run: () => copyFileSync(path.join(packageRoot, 'config', file), path.join(config, file)),
    }))
  if (missing.length > 0) {
    const glue = before === '' || before.endsWith('\n') ? '' : '\n'
    const added = `${glue}\n# mailboxes: haraka-plugin-mailbox\n${missing.join('\n')}\n`
    steps.push({
      text: `add to config/plugins:\n${missing.map((line) => `            ${line}`).join('\n')}`,
      run: () => writeFileSync(plugins, before + added),
    })
  }
  return steps
}

function advice(home: string): string[] {
  const present = active(readFileSync(path.join(home, 'config', 'plugins'), 'utf8'))
  const notes: string[] = []
  const otherAuth = present.find((line) => /^auth\//.test(line))
  if (otherAuth) {
    notes.push(
      `config/plugins has ${otherAuth}: SMTP AUTH comes from mailbox/login now, so take that line out (two would both be offered)`,
    )
  }
  if (!present.includes('tls')) {
    notes.push(
      'config/plugins has no line tls: without certificates passwords are accepted from this machine only (docs/login.md)',
    )
  }
  notes.push('put the domains that you receive mail for into config/host_list')
  notes.push(`then: haraka-mailbox accounts add --home ${home} user@example.org`)
  return notes
}

export function initCommand(): Command {
  return new Command('init')
    .description('add the lines and .ini files to an existing Haraka home; what exists is never changed')
    .option('--home <dir>', 'the Haraka home', process.env.HARAKA ?? '.')
    .option('--dry-run', 'only show what would be done')
    .action(({ home, dryRun }: { home: string; dryRun?: boolean }) => {
      const steps = initSteps(path.resolve(home))
      for (const step of steps) {
        console.log(step.text)
        if (!dryRun) step.run()
      }
      if (steps.length === 0) console.log('nothing to do: everything is there')
      if (dryRun && steps.length > 0) console.log('(dry run: nothing was changed)')
      for (const note of advice(path.resolve(home))) console.log(`note: ${note}`)
    })
}
