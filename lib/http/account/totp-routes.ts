import { notFound, Refused } from '../../web/kernel/faults'
import { list, object, text } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { addingTotp, replacingTotp, withoutTotp } from '../../web/who/credentials'
import { newRecoveryCodes, newTotpSecret, qrRows, totpStep, totpUri } from '../../web/who/totp'
import { createOwnChanges } from './own-changes'

/** The own second factor. */
export function totpRoutes(web: Web): readonly Route[] {
  const { sessions, clock } = web
  const { confirm, confirmBoth, change } = createOwnChanges(web)

  return [
    defineRoute({
      method: 'post',
      path: '/account/totp/offer',
      scope: 'session',
      summary: 'A new secret for an authenticator app; it counts once a code of it came back',
      answer: object({ secret: text(), uri: text(), qr: list(text()) }),
      run: async ({ principal }) => {
        const secret = newTotpSecret()
        const uri = totpUri(secret, principal().account.name)
        return json({ secret, uri, qr: qrRows(uri) })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/totp',
      scope: 'session',
      summary: 'Sets up the second factor; the recovery codes are shown once',
      body: object({ password: text(1000), secret: text(64), code: text(20) }),
      answer: object({ recoveryCodes: list(text()) }),
      run: async ({ principal, peer, body: { secret, code, password } }) => {
        const { account, credential } = principal()
        if (account.credentials.totp !== undefined)
          throw new Refused(409, 'exists', 'There is a second factor already.')
        if (!/^[A-Z2-7]{32}$/.test(secret)) throw new Refused(422, 'bad-secret', 'The secret is not one of ours.')
        await confirm(peer, account, password)
        const step = totpStep(secret, code, clock.now())
        if (step === undefined)
          throw new Refused(422, 'code-wrong', 'This code is not right. Is the clock of the phone right?')
        await sessions.changeTotp(account.id, () => [{ step, failures: 0, barredUntil: 0 }, undefined])
        const { codes, hashes } = newRecoveryCodes()
        await change(principal(), addingTotp(secret, hashes))
        await sessions.update(credential.id, { totp: true })
        return json({ recoveryCodes: codes })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/totp/recovery-codes',
      scope: 'session',
      summary: 'Makes new recovery codes, shown once; the old ones open nothing any more',
      body: object({ password: text(1000), code: text(20) }),
      answer: object({ recoveryCodes: list(text()) }),
      run: async ({ principal, peer, body }) => {
        const { account } = principal()
        const { totp } = account.credentials
        if (totp === undefined) throw notFound('second factor')
        await confirmBoth(peer, account, body)
        const { codes, hashes } = newRecoveryCodes()
        await change(
          principal(),
          replacingTotp(totp, (credentials) => ({ ...credentials, recoveryCodes: hashes })),
        )
        return json({ recoveryCodes: codes })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/totp',
      scope: 'session',
      summary: 'Takes the second factor away',
      body: object({ password: text(1000), code: text(20) }),
      answer: done,
      run: async ({ principal, peer, body }) => {
        const { account, credential } = principal()
        const { totp } = account.credentials
        if (totp === undefined) throw notFound('second factor')
        await confirmBoth(peer, account, body)
        await change(principal(), replacingTotp(totp, withoutTotp))
        await sessions.update(credential.id, { totp: false })
        return DONE
      },
    }),
  ]
}
