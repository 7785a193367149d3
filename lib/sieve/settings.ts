import { type Ini, readSettings } from '../terms/settings'

/** `[rules]` of config/mailbox_sieve.ini: for what runs scripts, and for what takes them. */
export interface RulesSettings {
  /** folder of scripts for `include :global`, below the home; empty: there are none */
  readonly globalScripts: string
  /** capabilities that scripts may not use */
  readonly without: ReadonlySet<string>
  /** addresses that one message may be redirected to */
  readonly redirects: number
}

export function rulesSettings(ini: Ini): RulesSettings {
  const read = readSettings('mailbox_sieve.ini', ini)
  const folder = read.text('rules.global_scripts', 'none')
  const without = new Set(read.list('rules.without', ['editheader']).filter((word) => word !== 'none'))
  const redirects = read.number('rules.redirects', 4, { max: 100 })
  read.done()
  return { globalScripts: folder === 'none' ? '' : folder, without, redirects }
}
