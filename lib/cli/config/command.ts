import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { textOf } from '../../terms/errors'
import { type ReadSetting, SettingsError, settingsReadIn } from '../../terms/settings'
import type { Home } from '../../wiring/home'
import { homeOption, openHome } from '../home'
import { checkCertificate } from './certificates'
import { error, type Finding, findingLine, ok } from './finding'
import { checkFolder } from './folder'
import { checkKnownPasswords } from './known-passwords'
import { PARTS, type Part, type Place } from './parts'
import { checkPlugins } from './plugins'
import { checkPorts } from './ports'

interface Read {
  readonly places: readonly Place[]
  readonly findings: readonly Finding[]
}

/** Reads one plugin's settings; each mistake is a finding of its own. */
function readPart({ name, read, places = () => [] }: Part, home: Home): Read {
  const file = `config/mailbox_${name}.ini`
  try {
    read(home)
    return { places: places(home), findings: [ok(file, 'every setting is understood')] }
  } catch (failure) {
    if (!(failure instanceof SettingsError)) return { places: [], findings: [error(file, textOf(failure))] }
    return { places: [], findings: failure.mistakes.map((mistake) => error(`config/${failure.file}`, mistake)) }
  }
}

/** All that can be known of a home without starting it. @param now milliseconds */
export async function checkHome(home: Home, now: number): Promise<readonly Finding[]> {
  const { parts, findings } = checkPlugins(readFileSync(path.join(home.folder, 'config/plugins'), 'utf8'))
  const all = [...findings]
  for (const part of parts) {
    const { places, findings: its } = readPart(part, home)
    all.push(...its)
    all.push(
      ...(await checkPorts(part.name === 'http' ? 'config/http.ini' : `config/mailbox_${part.name}.ini`, places)),
    )
  }
  try {
    all.push(...checkFolder(home), ...(await checkKnownPasswords(home)))
  } catch (failure) {
    // A mistake in the settings, told above.
    if (!(failure instanceof SettingsError)) throw failure
  }
  all.push(...checkCertificate(home, now))
  // One mistake in locks' settings is also one of those who ask for them.
  return [...new Map(all.map((finding) => [findingLine(finding), finding])).values()]
}

/** Passwords stay out of what people paste. */
const shown = (key: string, value: string): string =>
  /password|secret|token$/.test(key) && value !== ''
    ? '(hidden)'
    : value.replace(/(:\/\/[^:@/\s]*:)[^@\s]*@/g, '$1(hidden)@')

/** What is in force, with where it comes from. */
export function inForce(home: Home): readonly (ReadSetting & { readonly value: string })[] {
  const read = settingsReadIn(() => {
    for (const part of PARTS) readPart(part, home)
  })
  return read.map((setting) => {
    const { key, given, fallback } = setting
    const hidden = { given: given === undefined ? undefined : shown(key, given), fallback: shown(key, fallback) }
    return { ...setting, ...hidden, value: hidden.given ?? hidden.fallback }
  })
}

/** `haraka-mailbox config`: what is set, and whether it will work, without starting anything. */
export function configCommand(): Command {
  const config = new Command('config').description('what is set, and whether it will work')
  const sub = (usage: string, text: string): Command =>
    config.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')

  sub(
    'check',
    'every setting, the order of plugins, certificate, folder and ports; exit code 1 when something is wrong',
  )
    .option('--quiet', 'only what is wrong')
    .action(async ({ home, json, quiet }: { home: string; json?: boolean; quiet?: boolean }) => {
      const findings = await checkHome(openHome(home), Date.now())
      const told = quiet ? findings.filter(({ level }) => level !== 'ok') : findings
      if (json) console.log(JSON.stringify(told, null, 2))
      else for (const finding of told) console.log(findingLine(finding))
      if (findings.some(({ level }) => level === 'error')) process.exitCode = 1
    })
  sub('show', 'every setting in force, and where it comes from; passwords are hidden')
    .option('--changed', 'only what is not the default')
    .action(({ home, json, changed }: { home: string; json?: boolean; changed?: boolean }) => {
      const all = inForce(openHome(home)).filter(({ given }) => !changed || given !== undefined)
      if (json) return console.log(JSON.stringify(all, null, 2))
      for (const { file, key, value, given } of all)
        console.log(`${file} ${key} = ${value}${given === undefined ? '   (default)' : ''}`)
    })
  return config
}
