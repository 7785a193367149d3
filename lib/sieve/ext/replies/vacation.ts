import type { Extension } from '../../extension'

const DAY = 86_400
/** RFC 5230 4.1: days, 1 to what the server allows; without the tag 7 */
const DAYS = { least: 1, most: 30, usual: 7 }

export const vacation: Extension = {
  capability: 'vacation',
  rfc: 'RFC 5230',
  commands: {
    vacation: {
      positional: ['string'],
      tags: {
        days: { takes: 'number' },
        subject: { takes: 'string' },
        from: { takes: 'string' },
        addresses: { takes: 'strings' },
        mime: {},
        handle: { takes: 'string' },
      },
      exclusive: [['days', 'seconds']],
      run: ({ tags, positional }, run) => {
        // RFC 5230 4.7: once a script
        if (run.actions.some(({ kind }) => kind === 'vacation')) throw new Error('vacation stands for the second time')
        if (run.actions.some(({ kind }) => kind === 'reject')) throw new Error('reject beside another action')
        const [subject, from, seconds] = [tags.get('subject'), tags.get('from'), tags.get('seconds')]
        const days = Math.min(DAYS.most, Math.max(DAYS.least, Number(tags.get('days') ?? DAYS.usual)))
        const reason = run.say(positional[0])
        run.actions.push({
          kind: 'vacation',
          reason,
          seconds: seconds === undefined ? days * DAY : Math.min(DAYS.most * DAY, Number(seconds)),
          subject: subject === undefined ? undefined : run.say(subject),
          from: from === undefined ? undefined : run.say(from),
          addresses: run.sayAll(tags.get('addresses')),
          mime: tags.has('mime'),
          handle: tags.has('handle')
            ? run.say(tags.get('handle'))
            : JSON.stringify([reason, run.say(subject), run.say(from)]),
        })
      },
    },
  },
}

/** RFC 6131: `:seconds` in the place of `:days`; 0 answers each message. */
export const vacationSeconds: Extension = {
  capability: 'vacation-seconds',
  rfc: 'RFC 6131',
  implies: ['vacation'],
  tags: { vacation: { seconds: { takes: 'number' } } },
}
