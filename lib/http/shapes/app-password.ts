import type { AppPassword } from '../../mailbox/vocabulary'
import { list, object, text, whole } from '../../web/kernel/schema'

/** An app password as lists show it. */
export const appPassword = object({ id: text(64), label: text(100), protocols: list(text(20)), createdAt: whole() })

export const appPasswordView = ({ id, label, protocols, createdAt }: AppPassword) => ({
  ...{ id, label, protocols, createdAt },
})
