import { Command } from 'commander'
import { openGathering } from '../../wiring/metrics'
import { homeOption, openHome } from '../home'

/** `haraka-mailbox metrics`: what a running Haraka has counted, all its processes summed, without an HTTP listener. */
export function metricsCommand(): Command {
  return new Command('metrics')
    .description('what a running Haraka has counted, in the text format of Prometheus')
    .addOption(homeOption())
    .option('--all', 'also memory, CPU and event loop of its processes')
    .action(async ({ home, all }: { home: string; all?: boolean }) => {
      const gathering = await openGathering(openHome(home))
      try {
        const text = await gathering.text()
        if (text.trim() === '') throw new Error('no Haraka with the line mailbox/store runs in this home')
        const blocks = text.trim().split(/\n+(?=# HELP )/)
        console.log((all ? blocks : blocks.filter((block) => block.startsWith('# HELP mailbox_'))).join('\n'))
      } finally {
        gathering.close()
      }
    })
}
