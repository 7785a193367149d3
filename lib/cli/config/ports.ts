import { createServer } from 'node:net'
import { parseListen } from '../../transport/listener'
import { error, type Finding, ok, warning } from './finding'
import type { Place } from './parts'

/** Whether somebody could listen there now; undefined: yes, else the error's code. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (failure: NodeJS.ErrnoException) => resolve(failure.code ?? failure.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

const WHY: Readonly<Record<string, (port: number) => string>> = {
  EACCES: (port) => `needs root, or CAP_NET_BIND_SERVICE (port ${port} is below 1024)`,
  EADDRNOTAVAIL: () => 'this machine has no such address',
}

/** @param file the .ini that names them */
export async function checkPorts(file: string, places: readonly Place[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { text, tls } of places) {
    const at = parseListen(text)
    const name = `${text}${tls ? ' (TLS)' : ''}`
    const failure = at && (await tryPort(at.host, at.port))
    if (!at) findings.push(error(file, `${text} is no address:port`))
    else if (failure === 'EADDRINUSE')
      findings.push(warning(file, `${name} is in use: by this Haraka if it runs now, else by another program`))
    else if (failure === undefined) findings.push(ok(file, `${name} is free`))
    else findings.push(error(file, `${name}: ${WHY[failure]?.(at.port) ?? failure}`))
  }
  return findings
}
