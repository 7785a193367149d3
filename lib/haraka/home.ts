import { version } from '../package-root'
import { systemClock } from '../terms/ports'
import type { Ini } from '../terms/settings'
import { type Home, hostNameOf } from '../wiring/home'
import { readLockSettings } from '../wiring/locks'
import type { Host } from './plugin'

/** The home that this Haraka runs on. */
export const homeOf = ({ plugin, log }: Host): Home => ({
  folder: process.env.HARAKA ?? process.cwd(),
  ini: (name) => plugin.config.get(`${name}.ini`) as Ini, // Haraka gives sections of text
  hostName: () => hostNameOf(plugin.config),
  log,
})

/** What a session of POP3 or IMAP works with. */
export const sessionParts = (host: Host) => ({
  room: host.context.room,
  login: host.context.login,
  tellHolder: readLockSettings(homeOf(host)).tellHolder,
  version,
  clock: systemClock,
  log: host.log,
})
