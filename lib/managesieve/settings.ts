import { type Ini, readSettings } from '../terms/settings'
import { type ListenSettings, listenSettings } from '../transport/settings'

/** config/mailbox_sieve.ini */
export function sieveSettings(ini: Ini): ListenSettings {
  const read = readSettings('mailbox_sieve.ini', ini)
  const settings = listenSettings(read, {
    listen: '[::]:4190',
    listenTls: 'none',
    connections: 500,
    perAddress: 50,
    badCommands: 20,
    idle: '30min',
  })
  if (settings.idle < 60_000) read.complain('limits.idle: 1min at least')
  read.done()
  return settings
}
