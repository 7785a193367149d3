import type { AccountMail } from '../../../mailbox/mailbox'
import type { Account } from '../../../mailbox/vocabulary'
import { Refused } from '../../../web/kernel/faults'
import { list, object, text, whole } from '../../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { person } from '../person'
import { added, contact, MOST_CONTACTS, storedContacts, without } from './contacts'
import { preferences, storedPreferences } from './preferences'
import { isAddress, readCards, writeCards } from './vcard'

/** What a user sets of writing, and whom the user writes to. None of it is mail, so no lock is taken. */
export function peopleRoutes({ room }: Web, { addresses }: HttpPorts): readonly Route[] {
  const of = ({ id, name, overrides, admin }: Account): AccountMail => room.account({ id, name, overrides, admin })

  async function add(account: Account, people: Parameters<typeof added>[1]): Promise<void> {
    await storedContacts.change(of(account), (before) => {
      const after = added(before, people)
      if (after) return after
      throw tooMany()
    })
  }

  return [
    defineRoute({
      method: 'get',
      path: '/preferences',
      scope: 'mail:read',
      summary: 'What the user has set of webmail, and the addresses that messages may be from',
      answer: object({ preferences, addresses: list(text(320)) }),
      run: async ({ owner }) => {
        const account = await owner()
        const aliases = addresses()?.aliasesOf(account.name) ?? []
        return json({
          preferences: await storedPreferences.get(of(account)),
          addresses: [...new Set([account.name, ...aliases])],
        })
      },
    }),
    defineRoute({
      method: 'put',
      path: '/preferences',
      scope: 'mail:write',
      summary: 'Sets all of them',
      body: preferences,
      answer: done,
      run: async ({ owner, body }) => {
        const account = await owner()
        // An alias that was taken away does not keep anybody from setting other things: nothing is sent from it.
        const { identities } = await storedPreferences.get(of(account))
        for (const { address } of body.identities)
          if (!identities.some((known) => known.address === address)) await refuseOthers(addresses(), account, address)
        await storedPreferences.change(of(account), () => body)
        return DONE
      },
    }),
    defineRoute({
      method: 'get',
      path: '/contacts',
      scope: 'mail:read',
      summary: 'The address book: people who were put there, and those whom the user wrote to',
      answer: object({ contacts: list(contact, MOST_CONTACTS) }),
      run: async ({ owner }) => json({ contacts: await storedContacts.get(of(await owner())) }),
    }),
    defineRoute({
      method: 'post',
      path: '/contacts',
      scope: 'mail:write',
      summary: 'Puts somebody into the address book, or gives a new name to somebody who is there',
      body: person,
      answer: done,
      run: async ({ owner, body }) => {
        if (!isAddress(body.address)) throw new Refused(422, 'bad-address', `“${body.address}” is not an address.`)
        await add(await owner(), [{ name: body.name.slice(0, 200), address: body.address }])
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/contacts/remove',
      scope: 'mail:write',
      summary: 'Takes people out of the address book',
      body: object({ addresses: list(text(320), MOST_CONTACTS) }),
      answer: done,
      run: async ({ owner, body }) => {
        await storedContacts.change(of(await owner()), (before) => without(before, body.addresses))
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/contacts/import',
      scope: 'mail:write',
      summary: 'Puts everybody of a vCard file into the address book',
      body: object({ cards: text(900_000) }),
      answer: object({ people: whole() }),
      run: async ({ owner, body }) => {
        const people = await readCards(body.cards)
        if (people.length > MOST_CONTACTS) throw tooMany()
        if (people.length > 0) await add(await owner(), people)
        return json({ people: people.length })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/contacts/export',
      scope: 'mail:read',
      summary: 'The people who were put into the address book, as a vCard file',
      answer: text(),
      produces: 'text/vcard',
      run: async ({ owner }) => {
        const contacts = await storedContacts.get(of(await owner()))
        return {
          kind: 'octets',
          octets: Buffer.from(writeCards(contacts.filter(({ collected }) => !collected))),
          headers: {
            'Content-Type': 'text/vcard; charset=utf-8',
            'Content-Disposition': 'attachment; filename="contacts.vcf"',
          },
        }
      },
    }),
  ]
}

const tooMany = (): Refused => new Refused(422, 'too-many', `There is room for ${MOST_CONTACTS} people.`)

/** Throws 422: a message is from an address of its writer only. */
export async function refuseOthers(
  addresses: ReturnType<HttpPorts['addresses']>,
  { id, name }: Pick<Account, 'id' | 'name'>,
  address: string,
): Promise<void> {
  if (address.toLowerCase() === name) return
  if (isAddress(address) && (await addresses?.isOf(address, id))) return
  throw new Refused(422, 'not-yours', `${address.slice(0, 320)} is not one of your addresses.`)
}
