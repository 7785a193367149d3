import { connect, type Socket } from 'node:net'

/** One connection of a benchmark. */
export interface Talk {
  /** sends a line. @returns the first line of the answer that `wanted` accepts */
  say(line: string, wanted: RegExp): Promise<string>
  close(): void
}

/** @param address of the client, in 127.0.0.0/8 (Linux) */
export async function open(port: number, address: string, greeting: RegExp): Promise<Talk> {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress: address })
  socket.setNoDelay(true)
  let text = ''
  let wake: () => void = () => undefined
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    wake()
  })
  socket.on('error', () => wake())
  const until = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const found = wanted.exec(text)?.[0]
      if (found !== undefined) {
        text = ''
        return found
      }
      if (socket.destroyed) throw new Error(`connection ended; it said ${text}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  await until(greeting)
  return {
    say: (line, wanted) => {
      socket.write(`${line}\r\n`)
      return until(wanted)
    },
    close: () => socket.destroy(),
  }
}
