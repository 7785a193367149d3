/** What is counted, by reason. Names and units by Prometheus' conventions; labels are fixed words, never what a user sent. */

interface Described {
  /** one line, as the operator reads it */
  readonly help: string
  readonly labels: readonly string[]
}

export const COUNTERS = {
  mailbox_connections_total: { help: 'client connections taken', labels: ['protocol'] },
  mailbox_logins_total: {
    help: 'login attempts; verdict: granted, refused, unavailable',
    labels: ['protocol', 'verdict', 'reason'],
  },
  mailbox_login_bars_total: { help: 'lockouts started; scope: what is locked out', labels: ['scope'] },
  mailbox_lock_granted_total: { help: 'leases of the mailbox lock granted', labels: ['protocol'] },
  mailbox_lock_refused_total: {
    help: 'sessions that the mailbox lock kept out; holder: protocol that was in',
    labels: ['protocol', 'holder'],
  },
  mailbox_lock_unavailable_total: { help: 'sessions that could not ask for the mailbox lock', labels: ['protocol'] },
  mailbox_lock_ended_total: {
    help: 'leases that ended; reason: released, kicked, taken-over, expired, closed',
    labels: ['protocol', 'reason'],
  },
  mailbox_lock_fence_refused_total: { help: 'POP3 updates refused because the lease was lost', labels: [] },
  mailbox_deliveries_total: {
    help: 'messages delivered to a mailbox (stored), or why not; unavailable: the store could not write',
    labels: ['result'],
  },
  mailbox_delivered_bytes_total: { help: 'octets of messages stored by delivery', labels: [] },
  mailbox_text_indexed_total: { help: 'messages that the text index was given', labels: [] },
} as const satisfies Record<string, Described>

export const HISTOGRAMS = {
  mailbox_lock_waited_seconds: {
    help: 'time spent waiting for the mailbox lock by sessions that did not get it immediately',
    labels: ['protocol'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10],
  },
  mailbox_lock_held_seconds: {
    help: 'time for which the mailbox lock was held',
    labels: ['protocol'],
    buckets: [0.05, 0.5, 5, 30, 120, 600, 1800, 7200, 28_800],
  },
  mailbox_loop_delay_seconds: {
    help: 'longest delay of the event loop in each second: what a client waited besides its own command',
    labels: [],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  mailbox_loop_held_seconds: {
    help: 'times for which the event loop stood 50 ms or more; command: what ran, or several, other, paused (no processor, or a disk)',
    labels: ['command'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies Record<string, Described & { readonly buckets: readonly number[] }>

export const GAUGES = {
  mailbox_connections: { help: 'client connections open now', labels: ['protocol'] },
  mailbox_locks: { help: 'leases of the mailbox lock held now', labels: ['protocol'] },
  mailbox_bin_messages: { help: 'messages in the recycle bin, of all accounts', labels: [] },
  mailbox_bin_bytes: { help: 'octets of the messages in the recycle bin', labels: [] },
  mailbox_text_index_messages: { help: 'messages that the text index has', labels: [] },
  mailbox_text_index_bytes: { help: 'octets of the text index on the disk', labels: [] },
  mailbox_text_index_waiting: {
    help: 'messages that wait for the text index, about: every search reads them',
    labels: [],
  },
} as const satisfies Record<string, Described>

type Catalog = Readonly<Record<string, Described>>
/** exactly the labels that the catalog names */
type Labels<C extends Catalog, N extends keyof C> = Readonly<Record<C[N]['labels'][number], string>>

export interface Metrics {
  count<N extends keyof typeof COUNTERS>(name: N, labels: Labels<typeof COUNTERS, N>, by?: number): void
  observe<N extends keyof typeof HISTOGRAMS>(name: N, value: number, labels: Labels<typeof HISTOGRAMS, N>): void
  /** Moves a gauge up or down. */
  move<N extends keyof typeof GAUGES>(name: N, by: number, labels: Labels<typeof GAUGES, N>): void
}

export const noMetrics: Metrics = { count() {}, observe() {}, move() {} }
