import { type Described, type DescribedOption, kindOf } from './tree'

/** One word of a POSIX shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const HELP: DescribedOption = { names: ['--help'], description: 'what can be said here', choices: [] }

const withHelp = ({ options }: Described): readonly DescribedOption[] =>
  options.some(({ names }) => names.includes('--help')) ? options : [...options, HELP]
const namesOf = (command: Described): readonly string[] => withHelp(command).flatMap(({ names }) => names)
const withValue = ({ options }: Described): readonly (DescribedOption & { readonly value: string })[] =>
  options.flatMap((option) => (option.value === undefined ? [] : [{ ...option, value: option.value }]))

/** `case` patterns of every command but the program, with the blank before each name. */
const paths = (all: readonly Described[]): string =>
  all.flatMap(({ path }) => (path === '' ? [] : [quoted(` ${path}`)])).join('|')

/** Finds in shell which command the words before the cursor name. */
const walk = (all: readonly Described[], words: string): readonly string[] => [
  `  for word in ${words}; do`,
  `    case "$at $word" in ${paths(all)}) at="$at $word" ;; esac`,
  '  done',
]

export function bashCompletion(all: readonly Described[]): string {
  const values = all.flatMap((command) =>
    withValue(command).map(({ names, value, choices }) => {
      const pattern = names.map((name) => quoted(`${command.path ? ` ${command.path}` : ''}:${name}`)).join('|')
      const how = { folder: 'compgen -d', file: 'compgen -f', text: 'true' }[kindOf(value)]
      const words = choices.length > 0 ? `compgen -W ${quoted(choices.join(' '))}` : how
      return `    ${pattern}) COMPREPLY=($(${words} -- "$cur")); return ;;`
    }),
  )
  const words = all.map((command) => {
    const offered = [...command.commands.map(({ name }) => name), ...namesOf(command)]
    return `    ${quoted(command.path ? ` ${command.path}` : '')}) words=${quoted(offered.join(' '))} ;;`
  })
  return `${[
    '# haraka-mailbox completion bash > /etc/bash_completion.d/haraka-mailbox',
    '_haraka_mailbox() {',
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at word words`,
    ...walk(all, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`),
    '  case "$at:$prev" in',
    ...values,
    '  esac',
    '  case "$at" in',
    ...words,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -o default -F _haraka_mailbox haraka-mailbox',
  ].join('\n')}\n`.replaceAll('$(true -- "$cur")', '')
}

export function zshCompletion(all: readonly Described[]): string {
  const item = (name: string, description: string): string =>
    quoted(`${name.replaceAll(':', '\\:')}:${description.replaceAll('\n', ' ')}`)
  const values = all.flatMap((command) =>
    withValue(command).map(({ names, value, choices }) => {
      const pattern = names.map((name) => quoted(`${command.path ? ` ${command.path}` : ''}:${name}`)).join('|')
      const how = { folder: '_files -/', file: '_files', text: '_message value' }[kindOf(value)]
      const offered = choices.length > 0 ? `compadd -- ${choices.map(quoted).join(' ')}` : how
      return `    (${pattern}) ${offered}; return ;;`
    }),
  )
  const words = all.map((command) => {
    const commands = command.commands.map(({ name, description }) => item(name, description))
    const options = withHelp(command).flatMap(({ names, description }) => names.map((name) => item(name, description)))
    const path = quoted(command.path ? ` ${command.path}` : '')
    return `    (${path}) commands=(${commands.join(' ')}); options=(${options.join(' ')}) ;;`
  })
  return `${[
    '#compdef haraka-mailbox',
    `# haraka-mailbox completion zsh > "\${fpath[1]}/_haraka-mailbox"`,
    '_haraka_mailbox() {',
    "  local at='' word",
    '  local -a commands options',
    ...walk(all, `"\${(@)words[2,CURRENT-1]}"`),
    `  case "$at:\${words[CURRENT-1]}" in`,
    ...values,
    '  esac',
    '  case "$at" in',
    ...words,
    '  esac',
    `  if [[ \${words[CURRENT]} == -* ]]; then _describe option options`,
    `  elif (( \${#commands} )); then _describe command commands`,
    '  else _files; fi',
    '}',
    `if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then _haraka_mailbox "$@"; else compdef _haraka_mailbox haraka-mailbox; fi`,
  ].join('\n')}\n`
}

export function fishCompletion(all: readonly Described[]): string {
  /** of fish: only these two end a quoted word, or not */
  const word = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = all.flatMap((command) => {
    const at = `complete -c haraka-mailbox -n ${word(`__haraka_mailbox_at ${word(command.path)}`)}`
    const commands = command.commands.map(
      ({ name, description }) => `${at} -f -a ${word(name)} -d ${word(description)}`,
    )
    const options = withHelp(command).map(({ names, description, value, choices }) => {
      const forms = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      const offered = choices.length > 0 ? ` -f -a ${word(choices.join(' '))}` : ''
      const needed = value === undefined ? '' : ` -r${kindOf(value) === 'text' ? ' -f' : ''}${offered}`
      return `${at} ${forms.join(' ')}${needed} -d ${word(description)}`
    })
    return [...commands, ...options]
  })
  return `${[
    '# haraka-mailbox completion fish > ~/.config/fish/completions/haraka-mailbox.fish',
    'function __haraka_mailbox_at',
    '  set -l at',
    '  for word in (commandline -opc)[2..-1]',
    '    switch "$at $word"',
    `      case ${all.flatMap(({ path }) => (path.includes(' ') ? [word(path)] : path ? [word(` ${path}`)] : [])).join(' ')}`,
    '        set at (string trim "$at $word")',
    '    end',
    '  end',
    '  test "$at" = "$argv[1]"',
    'end',
    ...lines,
  ].join('\n')}\n`
}
