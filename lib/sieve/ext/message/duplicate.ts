import { messageIds } from '../../../mime/read/message-id'
import type { Extension, Run, TestNode } from '../../extension'
import { NotKnown } from '../../world'

/** RFC 7352 3.3: seconds that a message is remembered, without the tag and at most. */
const USUAL = 7 * 86_400
const MOST = 90 * 86_400

/** RFC 7352 3.1: what a message is known by; undefined: nothing, and it is no duplicate */
function idOf(node: TestNode, run: Run): string | undefined {
  const { tags } = node
  const unique = tags.get('uniqueid')
  if (unique !== undefined) return run.say(unique)
  const header = tags.get('header')
  if (header !== undefined) return run.fields(node, [run.say(header)])[0]
  const [raw] = run.rawFields(node, ['message-id'])
  return raw === undefined ? undefined : (messageIds(raw)[0] ?? raw)
}

export const duplicate: Extension = {
  capability: 'duplicate',
  rfc: 'RFC 7352',
  tests: {
    duplicate: {
      positional: [],
      tags: {
        handle: { takes: 'string' },
        header: { takes: 'string' },
        uniqueid: { takes: 'string' },
        seconds: { takes: 'number' },
        last: {},
      },
      exclusive: [['header', 'uniqueid']],
      test: (node, run) => {
        const id = idOf(node, run)
        if (id === undefined || id === '') return false
        const { tags } = node
        const by = tags.has('header') ? 'header' : tags.has('uniqueid') ? 'uniqueid' : ''
        const what = `duplicate ${JSON.stringify([run.say(tags.get('handle')), by, id])}`
        const was = run.world.isRemembered(what)
        if (was === undefined) throw new NotKnown(what)
        const seconds = Math.min(MOST, Number(tags.get('seconds') ?? USUAL))
        const again = was && !tags.has('last')
        // RFC 7352 3: it is remembered when the script and what it asks for have succeeded.
        if (!again && !run.remember.some((known) => known.what === what))
          run.remember.push({ what, seconds, renew: tags.has('last') })
        return was
      },
    },
  },
}
