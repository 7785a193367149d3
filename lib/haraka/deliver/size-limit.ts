import DSN from 'haraka-dsn'
import { HOOK, type Next } from '../host'

interface Sized {
  readonly capabilities?: string[]
  readonly transaction: { readonly data_bytes: number } | null
}

/**
 * 552 for messages over the store's limit, at MAIL with SIZE= and after DATA (RFC 1870 6). Haraka's own limit
 * (connection.ini [max] bytes) stands before it and says 550 at MAIL; where it is the higher one, this one answers.
 * @param limit octets; 0: none
 */
export function createSizeLimit(limit: number) {
  const tooBig = (): object => DSN.create(552, `message too big: the limit is ${limit} octets`, 3, 4)

  return {
    /** Hook `capabilities`: SIZE tells the smaller limit. */
    capabilities(next: Next, connection: Sized): void {
      const { capabilities = [] } = connection
      const at = capabilities.findIndex((line) => line.startsWith('SIZE '))
      const theirs = Number(capabilities[at]?.slice('SIZE '.length) ?? 0)
      if (limit > 0 && at >= 0 && (theirs === 0 || limit < theirs)) capabilities[at] = `SIZE ${limit}`
      next()
    },
    /** Hook `mail`. */
    mail(next: Next, _connection: Sized, params: readonly unknown[]): void {
      const [, extensions] = params
      const size =
        typeof extensions === 'object' && extensions !== null && 'SIZE' in extensions ? Number(extensions.SIZE) : 0
      if (limit > 0 && size > limit) return next(HOOK.deny, tooBig())
      next()
    },
    /** Hook `data_post`. */
    data(next: Next, { transaction }: Sized): void {
      if (limit > 0 && transaction && transaction.data_bytes > limit) return next(HOOK.deny, tooBig())
      next()
    },
  }
}
