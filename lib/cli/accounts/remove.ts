import { confirm } from '../bin/command'
import type { Desk } from '../bin/desk'
import { messagesOf, minute, proofLines } from '../bin/report'

/** Accounts go, are listed, and come back. */

export interface Removing {
  readonly home: string
  readonly yes?: boolean
  readonly erase?: boolean
}

async function eraseAccount({ room, store, note }: Desk, name: string, yes: boolean | undefined): Promise<void> {
  const account = (await store.accounts.find(name)) ?? (await room.accountBin.find(name))
  if (!account) throw new Error(`there is no account ${name}`)
  const { messages } = await store.accounts.usage(account.id)
  await confirm(`Erase ${account.name} and its ${messagesOf(messages)} for ever?`, yes)
  const proof = await room.accountBin.erase(account.name)
  if (!proof.ok) throw new Error(`${account.name}: ${proof.fault.kind}`)
  await note(account.name, `account-erased (${messagesOf(proof.value.messages)}, ${proof.value.bytes} octets)`)
  for (const line of proofLines(account.name, proof.value)) console.log(line)
  if (proof.value.left.length > 0) process.exitCode = 1
}

export async function removeAccount(desk: Desk, name: string, { erase, yes }: Removing): Promise<void> {
  if (erase) return eraseAccount(desk, name, yes)
  const { room, store, note } = desk
  const account = await desk.account(name)
  const { messages } = await store.accounts.usage(account.id)
  await confirm(`Remove ${account.name} and its ${messagesOf(messages)}?`, yes)
  const done = await room.accountBin.remove(account.id)
  if (!done.ok) throw new Error(`${account.name}: ${done.fault.kind}`)
  const { until } = done.value
  await note(account.name, 'account-removed')
  console.log(`removed ${account.name} (${messagesOf(messages)})${until === undefined ? ' for ever' : ''}`)
  if (until !== undefined) {
    console.log(`it is kept until ${minute(until)} UTC: haraka-mailbox accounts restore ${account.name}`)
  }
}

export async function restoreAccount({ room, note }: Desk, name: string): Promise<void> {
  const restored = await room.accountBin.restore(name)
  if (!restored.ok) throw new Error(`there is no removed account ${name} (haraka-mailbox accounts removed)`)
  await note(restored.value.name, 'account-restored')
  console.log(`restored ${restored.value.name}`)
}

export async function printRemoved({ room, store }: Desk, json: boolean): Promise<void> {
  const rows: { name: string; removedAt: number; until: number; messages: number; bytes: number }[] = []
  for await (const { id, name, removedAt, until } of room.accountBin.list()) {
    rows.push({ name, removedAt, until, ...(await store.accounts.usage(id)) })
  }
  if (json) return console.log(JSON.stringify(rows, null, 2))
  if (rows.length === 0) return console.log('no account was removed')
  for (const { name, removedAt, until, messages } of rows) {
    console.log(`${name}  removed ${minute(removedAt)}, kept until ${minute(until)} UTC, ${messagesOf(messages)}`)
  }
}
