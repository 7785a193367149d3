import type { Command } from 'commander'

export interface DescribedOption {
  /** as it is typed, the short form first: `-V`, `--version` */
  readonly names: readonly string[]
  readonly description: string
  /** as the help says: `<dir>`; undefined: a switch */
  readonly value?: string
  readonly choices: readonly string[]
}

/** What the command line knows of one command. */
export interface Described {
  /** without `haraka-mailbox`: `accounts add`; empty for the program */
  readonly path: string
  readonly description: string
  /** as the help says: `<name> [id...]` */
  readonly usage: string
  readonly options: readonly DescribedOption[]
  /** names of its own commands */
  readonly commands: readonly { readonly name: string; readonly description: string }[]
}

/** The program and all its commands, each before its own. */
export function describedCommands(program: Command): readonly Described[] {
  const help = program.createHelp()
  const visible = (command: Command): Command[] => help.visibleCommands(command).filter((sub) => sub.name() !== 'help')

  function described(command: Command, path: string): readonly Described[] {
    const own: Described = {
      path,
      description: command.description(),
      usage: command.registeredArguments
        .map((argument) => {
          const text = `${argument.name()}${argument.variadic ? '...' : ''}`
          return argument.required ? `<${text}>` : `[${text}]`
        })
        .join(' '),
      options: help.visibleOptions(command).map((option) => {
        const value = /[<[].*[>\]]$/.exec(option.flags)?.[0]
        return {
          names: [option.short, option.long].filter((name) => name !== undefined),
          description: help.optionDescription(option),
          choices: option.argChoices ?? [],
          ...(value !== undefined && { value }),
        }
      }),
      commands: visible(command).map((sub) => ({ name: sub.name(), description: sub.description() })),
    }
    return [own, ...visible(command).flatMap((sub) => described(sub, `${path} ${sub.name()}`.trim()))]
  }
  return described(program, '')
}

/** What a shell offers as the value of an option or argument. */
export function kindOf(value: string): 'folder' | 'file' | 'text' {
  if (/dir|folder/.test(value)) return 'folder'
  return /^[<[]file[>\]]/.test(value) ? 'file' : 'text'
}
