import { accountId } from '../../terms/names'
import { Refused } from '../../web/kernel/faults'
import { list, object, optional, text, whole } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { addingPasskey, hasSecondFactor, removingPasskey } from '../../web/who/credentials'
import { ALGORITHMS, registrationShape } from '../../web/who/passkeys/ceremony'
import { CHALLENGE_LIFE } from '../../web/who/passkeys/challenge'
import { newRecoveryCodes } from '../../web/who/totp'
import { createOwnChanges, proof } from './own-changes'

const passkey = object({
  id: text(64),
  label: text(100),
  createdAt: whole(),
  used: optional(object({ at: whole(), address: text(100) })),
})

/** The own passkeys: each is a second factor, and opens webmail alone. */
export function passkeyRoutes(web: Web): readonly Route[] {
  const { admit, sessions, clock, room, endings } = web
  const { confirm, confirmBoth, change } = createOwnChanges(web)
  const { passkeys } = admit

  return [
    defineRoute({
      method: 'get',
      path: '/account/passkeys',
      scope: 'session',
      summary: 'Passkeys, with their last use',
      answer: object({ passkeys: list(passkey) }),
      run: async ({ principal }) => {
        const { account } = principal()
        const uses = await passkeys.usesOf(account.id)
        return json({
          passkeys: (account.credentials.passkeys ?? []).map(({ id, label, createdAt }) => {
            const { at, address = '' } = uses[id] ?? {}
            return { id, label, createdAt, ...(at !== undefined && { used: { at, address } }) }
          }),
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/passkeys/offer',
      scope: 'session',
      summary: 'What a browser makes a passkey of; nothing is kept',
      answer: object({
        challenge: text(),
        rpId: text(),
        timeout: whole(),
        user: object({ id: text(), name: text() }),
        algorithms: list(whole(-65_535, -1)),
        exclude: list(text()),
      }),
      run: async ({ principal, origin }) => {
        const { account } = principal()
        const { rpId } = passkeys.siteOf(origin)
        return json({
          challenge: passkeys.challenge(`register ${account.id}`),
          rpId,
          timeout: CHALLENGE_LIFE,
          user: { id: Buffer.from(account.id).toString('base64url'), name: account.name },
          algorithms: ALGORITHMS,
          exclude: (account.credentials.passkeys ?? []).map(({ credential }) => credential),
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/passkeys',
      scope: 'session',
      summary: 'Adds a passkey; with the first second factor come recovery codes, shown once',
      body: object({ password: text(1000), label: text(100), made: registrationShape }),
      answer: object({ id: text(), recoveryCodes: list(text()) }),
      status: 201,
      run: async ({ principal, peer, origin, body: { label, made, password } }) => {
        const { account, credential } = principal()
        const site = passkeys.siteOf(origin)
        // A session from before the second factor must not add one of its own.
        if (hasSecondFactor(account.credentials) && !credential.totp) {
          throw new Refused(403, 'second-factor-required', 'Log in with your second factor first.')
        }
        await confirm(peer, account, password)
        const key = await passkeys.checkRegistration(made, { account: account.id, site, now: clock.now() })
        if (!key) throw new Refused(422, 'bad-passkey', 'This passkey cannot be used: make it again.')
        const { counter, ...kept } = key
        const id = crypto.randomUUID()
        const { codes, hashes } = newRecoveryCodes()
        await change(principal(), addingPasskey({ id, label, ...kept, createdAt: clock.now() }, hashes))
        await passkeys.begin(account.id, id, counter)
        await sessions.update(credential.id, { totp: true })
        return json({ id, recoveryCodes: account.credentials.recoveryCodes ? [] : codes })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/passkeys/:id',
      scope: 'session',
      summary: 'Takes a passkey away, and ends the sessions that it opened',
      body: object(proof),
      answer: done,
      run: async ({ principal, peer, params, body }) => {
        const { account, credential } = principal()
        const { id = '' } = params
        await confirmBoth(peer, account, body)
        await change(principal(), removingPasskey(id))
        const after = await room.accounts.get(accountId(account.id))
        await sessions.update(credential.id, { totp: after !== undefined && hasSecondFactor(after.credentials) })
        await endings.endOf(account.id, (other) => other.passkey === id)
        return DONE
      },
    }),
  ]
}
