import assert from 'node:assert/strict'
import { administratorRoutes } from './api/administrator'
import { binRoutes } from './api/bin'
import { mailboxLock } from './api/lock'
import { loginAndSessions } from './api/login'
import { mailRoutes } from './api/mail'
import { ownerRoutes } from './api/owner'
import { peopleRoutes } from './api/people'
import { readingRoutes } from './api/reading'
import { otherRoutes } from './api/rest'
import { rulesRoutes } from './api/rules'
import { tokenScopes } from './api/tokens'
import { openWeb, type Web } from './web'

/** One room for all groups, in this order: the last one asks whether every operation was answered. */
describe('HTTP', () => {
  let web: Web
  before(async () => {
    web = await openWeb({ http: { administrator: { enter_mailboxes: 'true' } } })
  })
  after(() => web.close())
  afterEach(() =>
    assert.deepEqual(
      web.errors.filter((line) => line.includes('error ')),
      [],
    ),
  )

  describe('login and sessions', () => loginAndSessions(() => web))
  describe('the mailbox lock', () => mailboxLock(() => web))
  describe('mail', () => mailRoutes(() => web))
  describe('reading', () => readingRoutes(() => web))
  describe('writing', () => peopleRoutes(() => web))
  describe('rules', () => rulesRoutes(() => web))
  describe('the recycle bin', () => binRoutes(() => web))
  describe('an owner', () => ownerRoutes(() => web))
  describe('tokens', () => tokenScopes(() => web))
  describe('administrator', () => administratorRoutes(() => web))
  describe('the rest', () => otherRoutes(() => web))
})
