import { hostname } from 'node:os'
import type { HarakaPlugin } from './host'

/** The name of this mail server: config/me. */
export function hostNameOf({ config }: HarakaPlugin): string {
  const me = config.get('me')
  return typeof me === 'string' && me !== '' ? me : hostname()
}
