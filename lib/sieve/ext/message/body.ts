import type { Extension } from '../../extension'
import { textsOf } from '../../values'

export const body: Extension = {
  capability: 'body',
  rfc: 'RFC 5173',
  tests: {
    body: {
      positional: ['strings'],
      matching: true,
      tags: { raw: {}, text: {}, content: { takes: 'strings' } },
      exclusive: [['raw', 'text', 'content']],
      test: (node, run) => {
        const { tags, positional } = node
        const { message } = run
        // RFC 5173 5: `:text` is the default.
        const values = tags.has('raw')
          ? [message.bodyRaw()]
          : tags.has('content')
            ? message.bodyContent(run.sayAll(textsOf(tags.get('content'))))
            : message.bodyText()
        // RFC 5173 6: what a body matched is in no variable.
        return run.compare(node, values, run.sayAll(positional[0]), false)
      },
    },
  },
}
