import type { Described, DescribedOption } from './tree'

/** Text of man(7): what would begin a request, or be an escape or a hyphenation, is none. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

function optionLines({ names, value, description }: DescribedOption): readonly string[] {
  const words = names.map((name) => `\\fB${roff(name)}\\fR`).join(', ')
  return ['.TP', value === undefined ? words : `${words} \\fI${roff(value)}\\fR`, roff(description)]
}

function commandLines({ path, usage, description, options, commands }: Described): readonly string[] {
  // Those that only hold others have nothing of their own to say.
  if (commands.length > 0) return []
  const title = `\\fB${roff(path)}\\fR${usage ? ` ${roff(usage)}` : ''}`
  return [
    `.SS ${title}`,
    roff(description),
    ...options.filter(({ names }) => !names.includes('--help')).flatMap(optionLines),
  ]
}

/** The manual page haraka-mailbox(1), in the language of man(7). */
export function manPage(all: readonly Described[], version: string): string {
  const [program, ...commands] = all
  const lines = [
    `.TH HARAKA\\-MAILBOX 1 "" "haraka\\-plugin\\-mailbox ${version}" "User Commands"`,
    '.SH NAME',
    'haraka\\-mailbox \\- mailboxes of a Haraka mail server',
    '.SH SYNOPSIS',
    '\\fBharaka\\-mailbox\\fR \\fIcommand\\fR [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    'Works on the Haraka home of \\fB\\-\\-home\\fR, beside a running Haraka unless a command says otherwise.',
    'Run as root it becomes the owner of the mail store first.',
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH OPTIONS',
    ...(program?.options ?? []).flatMap(optionLines),
    '.SH ENVIRONMENT',
    '.TP',
    '\\fBHARAKA\\fR',
    'the Haraka home, where \\fB\\-\\-home\\fR is not given',
    '.SH EXIT STATUS',
    '0 when all was done, 1 when something was not, with the reason on standard error.',
    '.SH SEE ALSO',
    'The pages in \\fIdocs/\\fR of the package; docs/cli.md is the one of this command.',
  ]
  return `${lines.join('\n')}\n`
}
