import { type Extent, prepare } from '../../mime/prepare'
import type { PreparedMessage, SearchKeys } from '../../mime/prepared'
import { decodePrepared, encodePrepared } from '../../store/prepared-codec'
import { failed, ok, type Result } from '../../terms/fault'
import { defineJob } from '../../work/job'
import type { Pool } from '../../work/pool'
import { turn } from '../../work/turns'

/** Octets of a message that is prepared on the loop, and what may be in it: ten milliseconds at most. */
const SMALL = 128 * 1024
const FEW: Extent = { parts: 200, header: 32 * 1024, addresses: 8 * 1024 }

/** Flat, so that the loop does not pay for the tree of parts. @public the pool finds it by its name */
export function prepareLarge(octets: Uint8Array): { readonly value: Uint8Array; readonly keys: SearchKeys } {
  const prepared = prepare(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
  return { value: encodePrepared(prepared), keys: prepared.keys }
}
/** A message has at most 4 GB, and the settings allow less. */
const job = defineJob(__filename, prepareLarge, { time: 10_000, octetsIn: 2 ** 31, octetsOut: 16 * 1024 * 1024 })

/** What the store keeps beside a message; of a large one made in a thread. Fault: unavailable. */
export type Prepare = (octets: Buffer, by: string) => Promise<Result<PreparedMessage>>

/** On the loop. @returns undefined: something of it is more than that */
export type PrepareSmall = (octets: Buffer, most: Extent) => PreparedMessage | undefined

export const preparing =
  (pool: Pool, small: PrepareSmall): Prepare =>
  async (octets, by) => {
    const prepared = octets.length <= SMALL ? small(octets, FEW) : undefined
    if (prepared) {
      await turn()
      return ok(prepared)
    }
    const done = await pool.run(job, octets, by)
    if (!done.ok) return failed({ kind: 'unavailable', why: `a message was not prepared: ${done.fault.kind}` })
    const { value, keys } = done.value
    return ok(decodePrepared(Buffer.from(value.buffer, value.byteOffset, value.byteLength), () => keys))
  }
