import { flag, text, whole } from '../../web/kernel/schema'
import type { Credential } from '../../web/who/sessions'

/** A browser's session as lists show it. */
export const sessionShape = {
  id: text(64),
  label: text(200),
  address: text(64),
  createdAt: whole(),
  activeAt: whole(),
  totp: flag(),
  current: flag(),
}

/** @param own id of the session that asks */
export const sessionView = ({ id, label, address, createdAt, activeAt, totp }: Credential, own: string) => ({
  ...{ id, label, address, createdAt, activeAt, totp },
  current: id === own,
})
