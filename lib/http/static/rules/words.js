// @ts-check
/** @import { Filter } from '../base/types' */

/** Filters as people read them. */

/** @type {Readonly<Record<Filter['conditions'][number]['field'], string>>} */
export const FIELDS = {
  from: 'Sender',
  to: 'Recipient',
  subject: 'Subject',
  list: 'Mailing list',
  body: 'Text',
  size: 'Size',
}
/** @type {Readonly<Record<Filter['conditions'][number]['how'], string>>} */
export const MATCHES = {
  contains: 'contains',
  lacks: 'does not contain',
  is: 'is',
  begins: 'begins with',
  ends: 'ends with',
  over: 'is over (KB)',
}

/** @param {Filter} filter */
export function inWords({ all, conditions, move, read, flag, remove, forward, stop }) {
  const ifs = conditions.map(({ field, how, value }) => `${FIELDS[field].toLowerCase()} ${MATCHES[how]} “${value}”`)
  const thens = [
    read && 'mark as read',
    flag && 'flag',
    forward && `forward to ${forward}`,
    remove ? 'move to Trash' : move && `move to ${move}`,
    stop && !remove && 'stop',
  ].filter((word) => typeof word === 'string')
  return `If ${ifs.join(all ? ' and ' : ' or ')}: ${thens.join(', ')}.`
}
