import { prepare } from '../../lib/mime/prepare'
import type { PreparedMessage } from '../../lib/mime/prepared'

/** Lines of a message as its octets; text is latin1. */
export const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r\n'), 'latin1')

export const prepared = (...text: readonly string[]): PreparedMessage => prepare(lines(...text))

export const wire = (octets: Buffer): string => octets.toString('latin1')
