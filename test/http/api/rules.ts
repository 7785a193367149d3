import assert from 'node:assert/strict'
import { NO_RULES } from '../../../lib/http/mail/rules/rules'
import { client, type Web } from '../web'

export function rulesRoutes(opened: () => Web): void {
  const blocked = { ...NO_RULES, blocked: ['spam@example.net'] }

  it('writes rules as a script of its own, and leaves those of others as they are', async () => {
    const web = opened()
    const { id } = await web.account('rules@example.org')
    const scripts = web.store.scripts
    const browser = client(web.url)
    await browser.logIn('rules@example.org')
    const active = async () => (await web.store.accounts.get(id))?.activeScript
    const put = (rules: object) => browser.ask('PUT', 'rules', rules)
    assert.deepEqual((await browser.get('rules')).body, { rules: NO_RULES, active: true, mayForward: true })

    await scripts.put(id, 'mine', '# by hand\nkeep;')
    await scripts.activate(id, 'mine')
    assert.equal((await put(blocked)).status, 200)
    assert.equal(await active(), 'webmail')
    assert.match((await scripts.get(id, 'webmail')) ?? '', /spam@example\.net.*include :personal "mine"/s)
    assert.equal(await scripts.get(id, 'mine'), '# by hand\nkeep;')
    assert.deepEqual((await browser.get('rules')).body.own, { name: 'mine', text: '# by hand\nkeep;' })

    // Another program chooses its own script again, or changes ours.
    await scripts.activate(id, 'mine')
    assert.equal((await browser.get('rules')).body.active, false)
    await scripts.put(id, 'webmail', '# changed\nkeep;')
    assert.equal((await put(blocked)).body.active, true)
    const kept = (await scripts.list(id)).find((name) => name.startsWith('webmail of '))
    assert.equal(await scripts.get(id, kept ?? ''), '# changed\nkeep;')

    assert.equal((await put(NO_RULES)).status, 200)
    assert.equal(await active(), 'mine', 'without rules it is as if there had been none')
  })

  it('refuses what makes no sense', async () => {
    const web = opened()
    await web.account('norules@example.org')
    const browser = client(web.url)
    await browser.logIn('norules@example.org')
    const filter = {
      name: 'f',
      on: true,
      all: true,
      conditions: [{ field: 'from', how: 'is', value: 'x' }],
      read: true,
      flag: false,
      remove: false,
      stop: false,
    }
    for (const wrong of [
      { forward: { on: true, to: 'norules@example.org', keep: true } },
      { forward: { on: true, to: 'nobody', keep: true } },
      { blocked: ['no address'] },
      { vacation: { ...NO_RULES.vacation, on: true } },
      { vacation: { ...NO_RULES.vacation, first: 'tomorrow' } },
      { filters: [{ ...filter, conditions: [] }] },
      { filters: [{ ...filter, read: false }] },
      { filters: [{ ...filter, conditions: [{ field: 'from', how: 'is', value: ' ' }] }] },
    ]) {
      const reply = await browser.ask('PUT', 'rules', { ...NO_RULES, ...wrong })
      assert.deepEqual([reply.status, reply.body.error], [422, 'bad-rule'], JSON.stringify(wrong))
    }
    assert.equal((await browser.ask('PUT', 'rules', { ...NO_RULES, filters: [filter] })).status, 200)
  })
}
