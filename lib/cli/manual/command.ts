import { Argument, Command } from 'commander'
import { version } from '../../package-root'
import { bashCompletion, fishCompletion, zshCompletion } from './completion'
import { manPage } from './man-page'
import { describedCommands } from './tree'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

function print(text: string): void {
  process.stdout.write(text)
}

/** `haraka-mailbox completion`: made from the commands themselves, so that it never lags behind them. */
export const completionCommand = (program: () => Command): Command =>
  new Command('completion')
    .description('completion for a shell, to be put where its first line says')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => print(SHELLS[shell](describedCommands(program()))))

/** `haraka-mailbox manual`: the page that `man haraka-mailbox` shows where the package is installed globally. */
export const manualCommand = (program: () => Command): Command =>
  new Command('manual')
    .description('the manual page, for man: haraka-mailbox manual | man -l -')
    .action(() => print(manPage(describedCommands(program()), version)))
