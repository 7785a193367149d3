import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { changesWhatIs, type Plan, planFor, shown, write } from './plan'

interface Options {
  readonly home: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly domain?: string
}

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question('Do this? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** As a process of its own: it becomes the owner of the mail, and could not write to config/ any more. */
function importFlatFile(home: string, { domain }: Plan): void {
  const main = process.argv[1] ?? ''
  const args = ['accounts', 'import-flat-file', '--home', home, ...(domain === undefined ? [] : ['--domain', domain])]
  const { status } = spawnSync(process.execPath, [...process.execArgv, main, ...args], { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error(
      'not all users became accounts (see above), so config/plugins was left as it is: mend that, and run init again',
    )
  }
}

function carryOut(home: string, plan: Plan): void {
  const [plugins, others] = [plan.files.filter(isPlugins), plan.files.filter((file) => !isPlugins(file))]
  for (const file of others) write(home, file)
  if (plan.flatUsers.length > 0) importFlatFile(home, plan)
  // Last: as long as the old lines stand, a run that broke off can be repeated.
  for (const file of plugins) write(home, file)
}

const isPlugins = ({ name }: { readonly name: string }): boolean => name === 'plugins'

export function initCommand(): Command {
  return new Command('init')
    .description('add the lines and .ini files to an existing Haraka home, and take over its SMTP AUTH users')
    .option('--home <dir>', 'the Haraka home', process.env.HARAKA ?? '.')
    .option('--dry-run', 'only show what would be done')
    .option('--yes', 'do not ask before something that exists is changed')
    .option('--domain <name>', 'of users without one; default: the only domain of config/host_list')
    .action(async (options: Options) => {
      const home = path.resolve(options.home)
      const plan = planFor(home, options.domain?.toLowerCase())
      const lines = shown(plan)
      for (const line of lines) console.log(line)
      for (const note of plan.notes) console.log(`note: ${note}`)
      if (lines.length === 0) return console.log('nothing to do: everything is there')
      if (options.dryRun) return console.log('(dry run: nothing was changed)')
      if (changesWhatIs(plan) && !options.yes && !(await agrees())) {
        throw new Error('nothing was changed: --yes changes what is there, as shown above')
      }
      carryOut(home, plan)
      console.log('done; restart Haraka')
    })
}
