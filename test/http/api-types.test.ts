import assert from 'node:assert/strict'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { LOGIN_PROTOCOLS } from '../../lib/login/login'
import { packageRoot } from '../../lib/package-root'
import { apiPageNow, apiTypes, pageOnDisk, typesOnDisk } from './api-types'

describe("the browser's types of the API", () => {
  it('are those of the OpenAPI document (npm run types:api)', async () => {
    assert.equal(typesOnDisk(), await apiTypes())
  })
  it('and so is docs/http-api.md, with a line for curl for each call', async () => {
    const text = await apiPageNow()
    assert.equal(pageOnDisk(), text)
    const calls = text.slice(text.indexOf('\n## '))
    assert.equal(calls.match(/^### /gm)?.length, calls.match(/^curl.*"\$API\/.*"$/gm)?.length)
  })
  it('know all protocols of logins', async () => {
    const file = path.join(packageRoot, 'lib/http/static/admin/protocols.js')
    const loaded: { readonly PROTOCOLS: readonly string[] } = await import(pathToFileURL(file).href)
    assert.deepEqual([...loaded.PROTOCOLS].sort(), [...LOGIN_PROTOCOLS].sort())
  })
})
