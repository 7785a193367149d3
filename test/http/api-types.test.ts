import assert from 'node:assert/strict'
import { apiTypes, typesOnDisk } from './api-types'

describe("the browser's types of the API", () => {
  it('are those of the OpenAPI document (npm run types:api)', async () => {
    assert.equal(typesOnDisk(), await apiTypes())
  })
})
