import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'

/** characters; what processes tell each other has a few hundred */
const LONGEST_LINE = 64 * 1024

/** Lines of another process. One that is longer than any of ours, or that `heard` does not know (false), ends the connection. */
export function readLines(socket: Socket, heard: (line: string) => boolean): void {
  const utf8 = new StringDecoder('utf8')
  let rest = ''
  socket.on('data', (octets: Buffer) => {
    const lines = (rest + utf8.write(octets)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!heard(line)) return void socket.destroy()
    if (rest.length > LONGEST_LINE) socket.destroy()
  })
}
