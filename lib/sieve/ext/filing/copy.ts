import type { Extension } from '../../extension'

/** `:copy`: the implicit keep stays. */
export const copy: Extension = {
  capability: 'copy',
  rfc: 'RFC 3894',
  tags: { fileinto: { copy: {} }, redirect: { copy: {} } },
  keeps: ({ tags }) => tags.has('copy'),
}
