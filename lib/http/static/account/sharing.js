// @ts-check

import { call } from '../base/api.js'
import { panel } from '../base/forms.js'
import { createSharing } from '../sharing/sharing.js'

/** Who may see the own mailboxes. */
export function sharingPanel() {
  const { draw, content } = createSharing({
    load: () => call('GET /account/sharing'),
    set: (change) => call('PUT /account/sharing', {}, change),
    whose: 'you',
  })
  return { draw, element: panel('Sharing', ...content) }
}
