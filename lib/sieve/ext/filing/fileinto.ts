import type { Extension } from '../../extension'

export const fileinto: Extension = {
  capability: 'fileinto',
  rfc: 'RFC 5228 4.1',
  commands: {
    fileinto: {
      positional: ['string'],
      cancelsKeep: true,
      run: (node, run) => run.store(node, run.say(node.positional[0])),
    },
  },
}
