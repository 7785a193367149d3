import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { gapsConformance, repairConformance, storeConformance } from '../../lib/store/conformance'
import { storeDriver } from '../../lib/store/drivers'
import { silentLog } from '../../lib/terms/ports'
import { DEFAULT_DRIVER, DRIVERS, storeOrSkip, type TestStore } from '../stores'

for (const name of DRIVERS) {
  describe(`the driver ${name}`, function () {
    this.timeout(60_000)
    let store: TestStore
    let repaired: TestStore
    let cut: TestStore
    before(async function () {
      const [first, second, third] = [await storeOrSkip(name), await storeOrSkip(name), await storeOrSkip(name)]
      if (!first || !second || !third) return this.skip()
      store = first
      repaired = second
      cut = third
    })
    after(async () => {
      await store?.remove()
      await repaired?.remove()
      await cut?.remove()
    })
    storeConformance({ describe, it, before, after }, name, () => store.open())
    repairConformance({ describe, it, before, after }, name, {
      store: () => repaired.open(),
      end: () => repaired.driver.openTransfer(repaired.place),
    })
    gapsConformance(
      { describe, it, before, after },
      name,
      () => cut.open(),
      () => cut.powerCut(),
    )
  })
}

describe('a driver of another package', () => {
  let home: string
  const install = (name: string, text: string): void => {
    const folder = path.join(home, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'index.js'), text)
  }
  before(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-driver-'))
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  it('is found in the home by its name, and opened as ours are', async () => {
    const ours = path.join(packageRoot, 'lib/store/drivers')
    install(
      'some-store',
      `const { storeDriver } = require(${JSON.stringify(ours)})
const inner = storeDriver(${JSON.stringify(DEFAULT_DRIVER)}, '.')
exports.storeDriver = { ...inner, facts: { ...inner.facts, name: 'some-store' } }`,
    )
    const driver = storeDriver('some-store', home)
    assert.equal(driver.facts.name, 'some-store')
    const store = await driver.open({ folder: path.join(home, 'mail'), ini: {}, log: silentLog })
    assert.equal((await store.accounts.create({ name: 'a@example.org', credentials: {} })).ok, true)
    await store.close()
  })

  it('that is not there or is no driver is refused in words that say what to do', () => {
    install('no-store', 'exports.nothing = 1')
    assert.throws(() => storeDriver('no-store', home), /driver = no-store: that package exports no storeDriver/)
    assert.throws(
      () => storeDriver('missing-store', home),
      (error: Error) => DRIVERS.every((name) => error.message.includes(name)) && error.message.includes(home),
    )
  })
})
