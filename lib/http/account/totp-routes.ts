import { notFound, Refused } from '../../web/kernel/faults'
import { list, object, text } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { addingTotp, hasSecondFactor, removingTotp, replacingRecoveryCodes } from '../../web/who/credentials'
import { newRecoveryCodes, newTotpSecret, qrRows, totpStep, totpUri } from '../../web/who/totp'
import { createOwnChanges, proof } from './own-changes'

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
      summary: 'Sets up an authenticator app; with the first second factor come recovery codes, shown once',
      body: object({ password: text(1000), secret: text(64), code: text(20) }),
      answer: object({ recoveryCodes: list(text()) }),
      run: async ({ principal, peer, body: { secret, code, password } }) => {
        const { account, credential } = principal()
        if (account.credentials.totp !== undefined)
          throw new Refused(409, 'exists', 'There is an authenticator app already.')
        if (!/^[A-Z2-7]{32}$/.test(secret)) throw new Refused(422, 'bad-secret', 'The secret is not one of ours.')
        await confirm(peer, account, password)
        const step = totpStep(secret, code, clock.now())
        if (step === undefined)
          throw new Refused(422, 'code-wrong', 'That code is wrong. Check that the clock of your phone is correct.')
        await sessions.changeSecondFactor(account.id, (before) => [
          { ...before, step, failures: 0, barredUntil: 0 },
          undefined,
        ])
        const { codes, hashes } = newRecoveryCodes()
        await change(principal(), addingTotp(secret, hashes))
        await sessions.update(credential.id, { totp: true })
        return json({ recoveryCodes: account.credentials.recoveryCodes ? [] : codes })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/recovery-codes',
      scope: 'session',
      summary: 'Makes new recovery codes, shown once; the old ones open nothing any more',
      body: object(proof),
      answer: object({ recoveryCodes: list(text()) }),
      run: async ({ principal, peer, body }) => {
        const { account } = principal()
        if (!hasSecondFactor(account.credentials)) throw notFound('second factor')
        await confirmBoth(peer, account, body)
        const { codes, hashes } = newRecoveryCodes()
        await change(principal(), replacingRecoveryCodes(hashes))
        return json({ recoveryCodes: codes })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/totp',
      scope: 'session',
      summary: 'Takes the authenticator app away',
      body: object(proof),
      answer: done,
      run: async ({ principal, peer, body }) => {
        const { account, credential } = principal()
        const { totp } = account.credentials
        if (totp === undefined) throw notFound('authenticator app')
        await confirmBoth(peer, account, body)
        await change(principal(), removingTotp(totp))
        await sessions.update(credential.id, { totp: (account.credentials.passkeys?.length ?? 0) > 0 })
        return DONE
      },
    }),
  ]
}
