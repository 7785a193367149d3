import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw } from 'node:zlib'
import { canonicalAddress } from './address'
import type { CloseReason, Connection } from './connection'
import { createReader, HIGH_WATER } from './reader'
import { certificateNamesOf, channelBindingsOf, type TlsSource } from './tls'
import { createWriter } from './writer'

export interface ConnectionOptions {
  readonly tls: TlsSource
  readonly alpn?: string
  readonly proxied?: { readonly address: string; readonly port: number }
  /** milliseconds without progress while the client's side takes nothing */
  readonly stallLimit: number
}

const END_LIMIT = 5_000
/** How many octets one octet of compressed input may become before the client is thrown out (a bomb). */
const INFLATE_BATCH = 64 * 1024

const plainAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')

/** @param raw a connected socket, nothing read yet */
export function createSocketConnection(raw: Socket, options: ConnectionOptions): Connection {
  const peer = { address: plainAddress(raw.remoteAddress), port: raw.remotePort ?? 0 }
  const abort = new AbortController()
  let socket: Socket = raw
  let deflate: DeflateRaw | undefined
  let idleLimit = 0
  let onIdle: (() => void) | undefined
  let idleTimer: NodeJS.Timeout | undefined
  let stallTimer: NodeJS.Timeout | undefined
  let goodbye: ((atRest: boolean) => void) | undefined
  let stopTimer: NodeJS.Timeout | undefined
  let inHandshake = false

  // Who waits for the client has said what there is to say.
  const reader = createReader(
    () => socket.resume(),
    () => {
      if (stopTimer) leave(true)
      writer.flush()
    },
  )
  const writer = createWriter(
    () => ({
      send: (chunks, done) => {
        const last = chunks.length - 1
        if (!deflate) {
          // One system call for all, and none of them copied.
          if (last > 0) socket.cork()
          for (const [nth, chunk] of chunks.entries()) socket.write(chunk, nth === last ? () => done() : undefined)
          if (last > 0) socket.uncork()
          // Most is taken at once, and needs no watching.
          if (socket.writableLength > 0) watchStall()
        } else {
          watchStall()
          for (const chunk of chunks) deflate.write(chunk)
          // Done when the socket has taken what the flush gave it: a client that does not read must hold us back here too.
          deflate.flush(constants.Z_SYNC_FLUSH, () => socket.write('', () => done()))
        }
      },
    }),
    () => {
      clearTimeout(stallTimer)
      stallTimer = undefined
      if (writer.pending > 0) watchStall()
    },
  )

  function watchStall(): void {
    stallTimer ??= setTimeout(() => destroy('stalled'), options.stallLimit)
  }

  function destroy(reason: CloseReason): void {
    if (abort.signal.aborted) return
    abort.abort(reason)
    clearTimeout(idleTimer)
    clearTimeout(stallTimer)
    clearTimeout(stopTimer)
    writer.close()
    reader.finish()
    deflate?.close()
    socket.destroy()
    raw.destroy()
  }

  function leave(atRest: boolean): void {
    clearTimeout(stopTimer)
    stopTimer = undefined
    const say = goodbye
    goodbye = undefined
    // What is written now would be taken for a part of the handshake.
    if (inHandshake) destroy('shutdown')
    else if (say) say(atRest)
    else void connection.end()
  }

  function restartIdle(): void {
    if (idleLimit === 0) return
    if (idleTimer) idleTimer.refresh()
    else
      idleTimer = setTimeout(() => {
        idleTimer = undefined
        if (onIdle) onIdle()
        else destroy('idle')
      }, idleLimit)
  }

  function receive(chunk: Buffer): void {
    reader.push(chunk)
    restartIdle()
    if (reader.buffered >= HIGH_WATER) socket.pause()
  }

  function attach(next: Socket): void {
    socket = next
    next.on('data', receive)
    // The client will send no more, and may still read its answers (half-close).
    next.once('end', () => reader.finish())
    next.on('error', () => destroy('reset'))
    next.once('close', () => destroy('client'))
  }
  attach(raw)
  raw.setNoDelay(true)

  async function startTls(fromTheStart = false): Promise<void> {
    if (!options.tls.available) throw new Error('no certificate')
    writer.flush()
    raw.removeAllListeners('data')
    raw.removeAllListeners('end')
    raw.pause()
    // RFC 3501 11.1 (and RFC 2595): what came before the handshake is not the client's under TLS. Where all is TLS it is the
    // beginning of the handshake, such as what came in one packet with a PROXY header.
    while (!fromTheStart && raw.read() !== null) {
      // thrown away
    }
    reader.clear()
    inHandshake = true
    const upgraded = await options.tls.handshake(raw, options.alpn).catch((error) => {
      destroy('reset')
      throw error
    })
    inHandshake = false
    connection.secure = true
    attach(upgraded)
  }

  function startDeflate(): void {
    writer.flush()
    const inflate = createInflateRaw({ chunkSize: INFLATE_BATCH })
    const out = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH })
    const wire = socket
    wire.removeListener('data', receive)
    const early = reader.some(Number.MAX_SAFE_INTEGER)
    inflate.on('data', (chunk: Buffer) => {
      reader.push(chunk)
      restartIdle()
      // The reader's room decides: inflate stops, and through it the socket.
      if (reader.buffered >= HIGH_WATER) inflate.pause()
    })
    inflate.on('error', () => destroy('reset'))
    inflate.once('end', () => reader.finish())
    wire.resume = () => {
      inflate.resume()
      return Object.getPrototypeOf(wire).resume.call(wire)
    }
    wire.on('data', (chunk: Buffer) => {
      if (!inflate.write(chunk)) {
        wire.pause()
        inflate.once('drain', () => Object.getPrototypeOf(wire).resume.call(wire))
      }
    })
    out.on('data', (chunk: Buffer) => wire.write(chunk))
    out.on('error', () => destroy('reset'))
    deflate = out
    if (early) inflate.write(early)
  }

  // Plain properties: getters of an object literal cost each idle connection its own hidden class.
  type Changing = 'secure' | 'address' | 'port' | 'proxy'
  const connection: Omit<Connection, Changing> & { -readonly [Name in Changing]: Connection[Name] } = {
    // One flat string: a UUID of Node is a rope of 28 pieces as long as the connection lives.
    id: randomBytes(16).toString('hex'),
    address: options.proxied?.address ?? peer.address,
    port: options.proxied?.port ?? peer.port,
    proxy: options.proxied ? peer.address : undefined,
    secure: false,
    forward: ({ address, port = 0 }) => {
      connection.address = canonicalAddress(address)
      connection.port = port
      connection.proxy = peer.address
    },
    channelBindings: () => (socket instanceof TLSSocket ? channelBindingsOf(socket) : {}),
    certificateNames: () => (socket instanceof TLSSocket ? certificateNamesOf(socket) : []),
    reader,
    writer,
    startTls,
    startDeflate,
    idleAfter: (milliseconds, listener) => {
      clearTimeout(idleTimer)
      idleTimer = undefined
      idleLimit = milliseconds
      onIdle = listener
      restartIdle()
    },
    whenStopping: (listener) => {
      goodbye = listener
    },
    stop: (patience) => {
      if (abort.signal.aborted || stopTimer) return
      if (inHandshake || !goodbye || reader.awaited) leave(true)
      else stopTimer = setTimeout(() => leave(false), patience)
    },
    closed: abort.signal,
    end: async () => {
      if (abort.signal.aborted) return
      writer.flush()
      writer.close()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, END_LIMIT)
        const done = (): void => {
          clearTimeout(timer)
          resolve()
        }
        abort.signal.addEventListener('abort', done)
        if (deflate) deflate.flush(constants.Z_SYNC_FLUSH, () => socket.end(done))
        else socket.end(done)
      })
      destroy('ended')
    },
    destroy,
  }
  return connection
}
