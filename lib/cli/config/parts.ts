import { imapSettings } from '../../imap/settings'
import { lmtpSettings } from '../../lmtp/settings'
import { sieveSettings } from '../../managesieve/settings'
import { pop3Settings } from '../../pop3/settings'
import { rulesSettings } from '../../sieve/settings'
import type { ListenSettings } from '../../transport/settings'
import { httpSettings } from '../../web/settings'
import { readDeliverySettings } from '../../wiring/delivery'
import type { Home } from '../../wiring/home'
import { readLockSettings } from '../../wiring/locks'
import { readLoginSettings } from '../../wiring/login'
import { readMailboxSettings } from '../../wiring/room'
import { findStoreDriver } from '../../wiring/store'

/** Where something listens. */
export interface Place {
  /** as the .ini has it */
  readonly text: string
  readonly tls: boolean
}

/** One plugin of ours: what must stand above it, and its settings. */
export interface Part {
  readonly name: string
  readonly needs: readonly string[]
  /** Throws `SettingsError`. */
  read(home: Home): unknown
  /** where it listens; may throw the same */
  places?(home: Home): readonly Place[]
}

type Listening = Pick<ListenSettings, 'listen' | 'listenTls'>

const placesOf = ({ listen, listenTls }: Listening): Place[] => [
  ...listen.map((text) => ({ text, tls: false })),
  ...listenTls.map((text) => ({ text, tls: true })),
]

const listening = (name: string, needs: readonly string[], read: (home: Home) => Listening): Part => ({
  ...{ name, needs, read },
  places: (home) => placesOf(read(home)),
})

function httpPlaces(home: Home): Place[] {
  const { main } = home.ini('http')
  const listen = typeof main === 'object' && main !== null ? Reflect.get(main, 'listen') : undefined
  const words = typeof listen === 'string' ? listen.split(/[\s,]+/).filter((word) => word !== '') : []
  return words.map((text) => ({ text, tls: false }))
}

const MAIL = ['store', 'locks']
const PEOPLE = [...MAIL, 'login']

/** In the order in which `init` writes them. */
export const PARTS: readonly Part[] = [
  {
    name: 'store',
    needs: [],
    read(home) {
      findStoreDriver(home).check(home.ini('mailbox_store'))
      readMailboxSettings(home)
    },
  },
  { name: 'locks', needs: ['store'], read: readLockSettings },
  { name: 'login', needs: ['store'], read: readLoginSettings },
  { name: 'deliver', needs: MAIL, read: readDeliverySettings },
  listening('lmtp', MAIL, (home) => lmtpSettings(home.ini('mailbox_lmtp'))),
  listening('pop3', PEOPLE, (home) => pop3Settings(home.ini('mailbox_pop3'))),
  listening('imap', PEOPLE, (home) => imapSettings(home.ini('mailbox_imap'))),
  listening('sieve', PEOPLE, (home) => {
    rulesSettings(home.ini('mailbox_sieve'))
    return sieveSettings(home.ini('mailbox_sieve'))
  }),
  { name: 'http', needs: PEOPLE, read: (home) => httpSettings(home.ini('mailbox_http')), places: httpPlaces },
]
