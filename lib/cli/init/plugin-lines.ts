/** What `init` adds, in the order in which they must stand: each needs some of those above it. */
const LINES = ['store', 'locks', 'login', 'deliver', 'pop3', 'imap', 'http'].map((name) => `mailbox/${name}`)

const HEADER = '# mailboxes: haraka-plugin-mailbox'

/** The plugin that a line of config/plugins switches on; empty for none. */
const pluginOf = (line: string): string =>
  line
    .replace(/#.*/, '')
    .trim()
    .replace(/^haraka-plugin-/, '')

export const pluginsOf = (text: string): string[] => text.split(/\r?\n/).map(pluginOf).filter(Boolean)

function added(lines: readonly string[]): string[] {
  const place = (name: string, all: readonly string[]): number => all.findIndex((line) => pluginOf(line) === name)
  if (LINES.every((name) => place(name, lines) < 0)) {
    const body = lines.at(-1) === '' ? lines.slice(0, -1) : lines
    return [...body, ...(body.length > 0 ? [''] : []), HEADER, ...LINES, '']
  }
  return LINES.reduce<string[]>(
    (all, name, index) => {
      if (place(name, all) >= 0) return all
      const above = LINES.slice(0, index).findLast((other) => place(other, all) >= 0)
      const below = LINES.slice(index).find((other) => place(other, all) >= 0)
      const at = above ? place(above, all) + 1 : below ? place(below, all) : all.length
      return all.toSpliced(at, 0, name)
    },
    [...lines],
  )
}

/**
 * config/plugins with our lines, each below those it needs, and without the plugins whose part they take over: these stay as comments.
 */
export function withLines(text: string, takenOver: readonly string[]): string {
  const lines = text.split('\n').map((line) => {
    const name = pluginOf(line)
    return name !== '' && takenOver.includes(name) ? `# ${name}   (mailbox/login does this now)` : line
  })
  return added(lines).join('\n')
}
