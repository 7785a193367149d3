// The rooms of docs/architecture.md: a room imports only rooms below it, never a sibling, never a driver but from wiring.
const floors = [
  ['terms'],
  ['processes', 'work'],
  ['engine'],
  ['metrics', 'mime', 'search', 'transport', 'locks', 'login'],
  ['store', 'sieve'],
  ['mailbox'],
  ['delivery', 'web'],
  ['imap', 'pop3', 'http', 'autoconfig', 'lmtp', 'managesieve', 'import', 'export'],
]
const rooms = floors.flatMap((names, floor) => names.map((name) => ({ name, floor })))
const below = (floor) => floors.slice(0, floor).flat()

const walls = rooms.map(({ name, floor }) => ({
  name: `room-${name}`,
  severity: 'error',
  comment: `lib/${name} may import itself and ${below(floor).join(', ') || 'nothing'}`,
  from: { path: `^lib/${name}/` },
  to: {
    path: '^(lib|plugins)/',
    pathNot: [name, ...below(floor)].map((room) => `^lib/${room}/`),
  },
}))

/** Inside of a room: files of `from` import nothing of `never`. */
const inside = [
  { from: '^lib/web/kernel/', never: '^lib/web/(?!kernel/)', why: 'HTTP itself knows nobody' },
  { from: '^lib/web/who/', never: '^lib/web/route/', why: 'who is in does not depend on what is asked' },
  {
    from: '^lib/http/(mail|account|admin|pages)/',
    never: '^lib/http/(?:mail|account|admin|pages)/(?<!^lib/http/$1/)',
    why: 'groups of routes share lib/http/shapes only',
  },
].map(({ from, never, why }) => ({
  name: 'walls-inside',
  severity: 'error',
  comment: why,
  from: { path: from },
  to: { path: never },
}))

module.exports = {
  forbidden: [
    ...walls,
    ...inside,
    {
      name: 'protocols-use-verbs',
      severity: 'error',
      comment: 'a protocol takes the store by the verbs of lib/mailbox, and its words from lib/mailbox/vocabulary.ts',
      from: { path: '^lib/(imap|pop3|web|http|autoconfig|lmtp|managesieve)/' },
      to: { path: '^lib/store/' },
    },
    {
      name: 'import-and-export-know-its-types',
      severity: 'error',
      comment: 'imports and exports are given an open store, whose types they know',
      from: { path: '^lib/(import|export)/' },
      to: { path: '^lib/store/', pathNot: '^lib/store/(store|account|backup)\\.ts$' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'types that two files share stand in a third',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'what nobody imports is not needed; api.ts is the types for other packages',
      from: {
        orphan: true,
        path: '^lib/',
        pathNot: '^lib/(api\\.ts|haraka/packages\\.d\\.ts|http/mail/invite/ical\\.d\\.ts)$',
      },
      to: {},
    },
    {
      name: 'imap-kernel-knows-no-extension',
      severity: 'error',
      comment: 'commands and extensions stand on the kernel, and the kernel on what is on the wire',
      from: { path: '^lib/imap/(kernel|wire)/' },
      to: { path: '^lib/imap/', pathNot: '^lib/imap/((kernel|wire)/|settings\\.ts$)' },
    },
    ...[
      'lib/locks/(embedded|postgres|redis|memory)',
      'lib/store/(lmdb|postgres|sqlite)',
      'lib/login/attempts',
      'lib/mailbox/bus',
      'lib/web/who/sessions',
    ].map((driver) => ({
      name: 'drivers-from-registries-only',
      severity: 'error',
      comment: 'a driver is named in the registry of its room (drivers.ts) and nowhere else',
      from: { path: '^(lib|plugins)/', pathNot: [`^${driver}/`, '^lib/.*/drivers\\.ts$'] },
      to: { path: `^${driver}/`, pathNot: '/drivers\\.ts$' },
    })),
    {
      name: 'directories-from-wiring-only',
      severity: 'error',
      comment: 'lib/login/directories/index.ts chooses; the CLI also brings accounts out of directories',
      from: { path: '^(lib|plugins)/', pathNot: '^lib/(login/directories|wiring|cli)/' },
      to: { path: '^lib/login/directories/' },
    },
    {
      name: 'composition-is-on-top',
      severity: 'error',
      comment: 'rooms are given what they need; wiring, Haraka and the CLI put them together',
      from: { path: '^lib/', pathNot: '^lib/(wiring|haraka|cli)/|^lib/(embed|api)\\.ts$' },
      to: { path: '^(lib/(haraka|cli)/|lib/(embed|api)\\.ts$|plugins/)' },
    },
    {
      name: 'cli-and-plugins-are-nobodys',
      severity: 'error',
      comment: 'the command and the lines of config/plugins are imported by nobody',
      from: { path: '^(lib|plugins)/', pathNot: '^lib/cli/' },
      to: { path: '^(lib/cli|plugins)/' },
    },
    {
      name: 'wiring-knows-no-haraka',
      severity: 'error',
      comment: 'programs without Haraka (lib/embed.ts, the CLI) are put together by the same wiring',
      from: { path: '^lib/wiring/|^lib/embed\\.ts$' },
      to: { path: '^(lib/haraka|plugins)/' },
    },
    {
      name: 'rules-run-at-delivery',
      severity: 'error',
      comment: 'the mailbox room stores scripts and does not read them',
      from: { path: '^lib/mailbox/' },
      to: { path: '^lib/sieve/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
