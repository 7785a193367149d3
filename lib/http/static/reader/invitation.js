// @ts-check
/** @import { Answer, MessagePlace } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { fill, h } from '../base/dom.js'
import { personName } from '../base/format.js'
import { icon } from '../base/icons.js'

/** @typedef {Answer<'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/invitation'>} Invitation */
/** @typedef {NonNullable<Invitation['answered']>} Reply */

/** @type {readonly (readonly [answer: Reply, label: string, done: string])[]} */
const REPLIES = [
  ['accepted', 'Accept', 'You accepted.'],
  ['tentative', 'Maybe', 'You answered: maybe.'],
  ['declined', 'Decline', 'You declined.'],
]
/** @type {Readonly<Record<string, string>>} */
const STATES = { accepted: 'accepted', declined: 'declined', tentative: 'maybe', 'needs-action': 'no answer yet' }
/** @type {Readonly<Record<string, readonly [one: string, many: string]>>} */
const EVERY = {
  DAILY: ['every day', 'days'],
  WEEKLY: ['every week', 'weeks'],
  MONTHLY: ['every month', 'months'],
  YEARLY: ['every year', 'years'],
}
const dayOf = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeZone: 'UTC' })
const dayHere = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' })
const clockHere = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const clockThere = new Intl.DateTimeFormat(undefined, { timeStyle: 'short', timeZone: 'UTC' })

/** @param {Invitation} invitation */
function timesOf({ start, end, allDay, floating }) {
  if (start === undefined) return 'no time given'
  const day = allDay || floating ? dayOf : dayHere
  const from = day.format(start)
  if (allDay) return end === undefined || end === start ? from : `${from} to ${day.format(end)}`
  const clock = floating ? clockThere : clockHere
  if (end === undefined) return `${from}, ${clock.format(start)}`
  const sameDay = day.format(end) === from
  return `${from}, ${clock.format(start)} to ${sameDay ? '' : `${day.format(end)}, `}${clock.format(end)}`
}

/**
 * A rule in words, as far as rules are simple (RFC 5545 3.3.10).
 * @param {string} rule
 */
function ruleWords(rule) {
  const parts = new Map(rule.split(';').map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']))
  const [one, many] = EVERY[parts.get('FREQ') ?? ''] ?? ['again and again', '']
  const interval = Number(parts.get('INTERVAL') ?? 1)
  const often = interval > 1 && many ? `every ${interval} ${many}` : one
  const count = parts.get('COUNT')
  const until = /^(\d{4})-?(\d\d)-?(\d\d)/.exec(parts.get('UNTIL') ?? '')
  if (count) return `${often}, ${count} times`
  return until ? `${often}, until ${until.slice(1, 4).join('-')}` : often
}

/** People that are named without being asked for. */
const MOST_NAMED = 6

/**
 * The answer below them must not be far away.
 * @param {Invitation['attendees']} attendees
 */
function invited(attendees) {
  const words = attendees.map((one) => `${personName(one)} (${STATES[one.status] ?? one.status})`)
  if (words.length <= MOST_NAMED) return words.join(', ')
  const first = words.slice(0, MOST_NAMED).join(', ')
  const summary = h('summary', {}, `${first} and ${words.length - MOST_NAMED} more`)
  return h('details', {}, summary, words.slice(MOST_NAMED).join(', '))
}

/**
 * An invitation to an event: when, where, who, and an answer.
 * @param {MessagePlace} place
 * @param {string} part
 */
export function invitationCard(place, part) {
  const element = h('section', { class: 'invitation', 'aria-label': 'Invitation', hidden: true })
  const where = { ...place, part }
  const route = 'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/invitation'
  const load = async () => draw(await call(route, where))

  /** @param {Reply} answer */
  async function reply(answer) {
    try {
      const { to } = await call('POST /mailboxes/{mailbox}/messages/{uid}/parts/{part}/invitation', where, { answer })
      toast(`Your answer was sent to ${to}.`)
      await load()
    } catch (error) {
      toast(messageOf(error))
    }
  }
  /** @param {Invitation} invitation */
  function draw(invitation) {
    const { method, summary, location, rule, organizer, attendees, canAnswer, answered } = invitation
    /** @type {readonly (readonly [string, string | HTMLElement | false | undefined])[]} */
    const lines = [
      ['When', timesOf(invitation)],
      ['Repeats', rule && ruleWords(rule)],
      ['Where', location],
      ['From', organizer && personName(organizer)],
      ['Invited', attendees.length > 0 && invited(attendees)],
    ]
    element.hidden = false
    fill(
      element,
      h('h3', { dir: 'auto' }, icon('calendar'), method === 'CANCEL' ? `Cancelled: ${summary}` : summary),
      h(
        'dl',
        {},
        lines.flatMap(([label, text]) => (text ? [h('dt', {}, label), h('dd', { dir: 'auto' }, text)] : [])),
      ),
      canAnswer &&
        h(
          'div',
          { class: 'buttons' },
          answered && h('span', { class: 'muted' }, REPLIES.find(([name]) => name === answered)?.[2]),
          ...REPLIES.map(([answer, label]) =>
            h(
              'button',
              { type: 'button', 'aria-pressed': String(answered === answer), onclick: () => reply(answer) },
              label,
            ),
          ),
        ),
    )
  }
  // What cannot be read is among the files.
  void load().catch(() => undefined)
  return element
}
