import { type FieldChoice, headerFields } from '../mime/read/header'
import { decodePart } from '../mime/text/transfer'
import { Unavailable } from '../terms/errors'
import { defineJob } from '../work/job'
import type { Pool } from '../work/pool'

/** What is done to a part or a header at once: on the loop where it is small, in a thread where it is not. */
const SMALL = 128 * 1024

const bufferOf = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
const budget = { time: 10_000, octetsIn: 2 ** 31, octetsOut: 2 ** 31 }

/** @public the pool finds it by its name */
export const decodeOctets = ({ octets, encoding }: { octets: Uint8Array; encoding: string }): Uint8Array | undefined =>
  decodePart(bufferOf(octets), encoding)
/** @public the pool finds it by its name */
export const chooseFields = ({ header, choice }: { header: Uint8Array; choice: FieldChoice }): Uint8Array =>
  headerFields(bufferOf(header), choice)
const decoding = defineJob(__filename, decodeOctets, budget)
const choosing = defineJob(__filename, chooseFields, budget)

/** Content-Transfer-Encoding undone; undefined: it is not known. Rejects when there is no thread. */
export async function decodeLarge(
  pool: Pool,
  by: string,
  octets: Buffer,
  encoding: string,
): Promise<Buffer | undefined> {
  if (octets.length <= SMALL) return decodePart(octets, encoding)
  // What has no encoding costs nothing.
  if (/^(?:|7bit|8bit|binary)$/i.test(encoding)) return octets
  const done = await pool.run(decoding, { octets, encoding }, by)
  if (!done.ok) throw new Unavailable(`a part was not decoded: ${done.fault.kind}`)
  return done.value && bufferOf(done.value)
}

/** Fields of a header. Rejects when there is no thread. */
export async function fieldsOfLarge(pool: Pool, by: string, header: Buffer, choice: FieldChoice): Promise<Buffer> {
  if (header.length <= SMALL) return headerFields(header, choice)
  const done = await pool.run(choosing, { header, choice }, by)
  if (!done.ok) throw new Unavailable(`fields were not chosen: ${done.fault.kind}`)
  return bufferOf(done.value)
}
