import type { Extension, World } from '../../extension'

/** RFC 5183 4.1; what is not known here is not there. */
const ITEMS: Readonly<Record<string, (world: World) => string>> = {
  domain: ({ host }) => host.slice(host.indexOf('.') + 1),
  host: ({ host }) => host,
  location: () => 'MDA',
  name: () => 'haraka-plugin-mailbox',
  phase: () => 'during',
  version: ({ version }) => version,
}

export const environment: Extension = {
  capability: 'environment',
  rfc: 'RFC 5183',
  tests: {
    environment: {
      positional: ['string', 'strings'],
      matching: true,
      test: (node, run) => {
        const name = run.say(node.positional[0]).toLowerCase()
        const item = Object.hasOwn(ITEMS, name) ? ITEMS[name] : undefined
        return item !== undefined && run.compare(node, [item(run.world)], run.sayAll(node.positional[1]))
      },
    },
  },
}
