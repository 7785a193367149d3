import type { WebPorts } from './ports'
import type { Admit } from './who/admit'
import type { Endings } from './who/endings'
import type { Entrance } from './who/entrance'
import type { Leases } from './who/leases'

/** What the rooms on the web share. */
export interface Web extends WebPorts {
  readonly admit: Admit
  readonly leases: Leases
  readonly endings: Endings
  readonly entrance: Entrance
}
