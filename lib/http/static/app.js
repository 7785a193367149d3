// @ts-check
import { createPage } from './page.js'
import { failedView } from './start/failed.js'
import { lockedView } from './start/locked.js'
import { loginView } from './start/login.js'
import { pausedView } from './start/paused.js'

const page = createPage({
  login: loginView,
  locked: lockedView,
  paused: pausedView,
  failed: failedView,
  // What is not seen at once is not fetched at once.
  mail: async (around) => (await import('./mail/mail.js')).mailView(around),
  account: async (around) => (await import('./account/account.js')).accountView(around),
  bin: async () => (await import('./bin/bin-view.js')).binView(),
  rules: async () => (await import('./rules/rules.js')).rulesView(),
  contacts: async () => (await import('./contacts/contacts.js')).contactsView(),
  admin: async (around) => (await import('./admin/admin.js')).adminView(around),
})
void page.boot()
