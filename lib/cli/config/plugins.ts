import { pluginsOf } from '../init/plugin-lines'
import { error, type Finding, ok, warning } from './finding'
import { PARTS, type Part } from './parts'

const FILE = 'config/plugins'

/** Haraka plugins that answer what mailbox/login answers. */
const OTHER_LOGINS = /^auth[/-](?:flat_file|auth_ldap|auth_vpopmaild|auth_proxy|auth_base|ldap)$/

/** @param text config/plugins @returns our plugins that it switches on, and what is wrong with its lines */
export function checkPlugins(text: string): { readonly parts: readonly Part[]; readonly findings: readonly Finding[] } {
  const lines = pluginsOf(text)
  const at = (name: string): number => lines.indexOf(`mailbox/${name}`)
  const parts = PARTS.filter(({ name }) => at(name) >= 0)
  const findings: Finding[] = []
  if (parts.length === 0) findings.push(error(FILE, 'no line mailbox/...: run haraka-mailbox init'))
  for (const { name, needs } of parts) {
    for (const needed of needs) {
      if (at(needed) < 0) findings.push(error(FILE, `mailbox/${name} needs the line mailbox/${needed} above it`))
      else if (at(needed) > at(name))
        findings.push(error(FILE, `mailbox/${needed} must stand above mailbox/${name}: move the line up`))
    }
  }
  for (const line of lines) {
    if (line.startsWith('mailbox/') && !PARTS.some(({ name }) => line === `mailbox/${name}`))
      findings.push(error(FILE, `there is no plugin ${line}; ours are ${PARTS.map(({ name }) => name).join(', ')}`))
    if (OTHER_LOGINS.test(line) && at('login') >= 0)
      findings.push(warning(FILE, `${line} answers AUTH beside mailbox/login, without its lockouts: take the line out`))
    if (lines.indexOf(line) !== lines.lastIndexOf(line)) findings.push(warning(FILE, `${line} stands there twice`))
  }
  const names = parts.map(({ name }) => name).join(', ')
  if (findings.length === 0) findings.push(ok(FILE, `${names}: in a good order`))
  return { parts, findings }
}
