import { afterLogin, type Extension } from '../../kernel/extension'
import * as encode from '../../wire/encode'

/** PREVIEW (RFC 8970): computed at delivery, so LAZY is never late. */
export const preview: Extension = {
  rfcs: {
    8970: { title: 'IMAP PREVIEW' },
  },
  capabilities: afterLogin('PREVIEW'),
  fetch: [
    {
      name: 'PREVIEW',
      read: (cursor) => {
        if (cursor.try(' (')) {
          if (cursor.keyword() !== 'LAZY') cursor.fail('LAZY')
          cursor.expect(')')
        }
        return {
          needs: 'row',
          write: ({ row }) => (row ? [`PREVIEW ${encode.string(encode.octetsOf(row.prepared.preview))}`] : []),
        }
      },
    },
  ],
}
