import type { CommandDefinition, Extension } from '../../extension'

/** Both refuse within the transaction: no mail is sent to a forged sender (RFC 5429 2.1.1, 2.2.1). */
const refuse: CommandDefinition = {
  positional: ['string'],
  cancelsKeep: true,
  run: ({ positional: [reason] }, run) => {
    // RFC 5429 2.4: not together with what delivers or answers the message.
    if (run.actions.some(({ kind }) => kind !== 'reject')) throw new Error('reject beside another action')
    if (run.actions.length === 0) run.actions.push({ kind: 'reject', reason: run.say(reason) })
  },
}

export const reject: Extension = { capability: 'reject', rfc: 'RFC 5429 2.2', commands: { reject: refuse } }
export const ereject: Extension = { capability: 'ereject', rfc: 'RFC 5429 2.1', commands: { ereject: refuse } }
