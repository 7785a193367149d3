import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}

/** @returns the ports that did not accept before `signal` or the time limit (milliseconds) */
export async function waitForPorts(
  host: string,
  ports: readonly number[],
  limit: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const end = Date.now() + limit
  let missing = ports
  while (missing.length > 0 && Date.now() < end && !signal.aborted) {
    const answers = await Promise.all(missing.map(async (port) => ({ port, open: await accepts(host, port) })))
    missing = answers.filter(({ open }) => !open).map(({ port }) => port)
    if (missing.length > 0) await pause(50)
  }
  return missing
}

/** @returns the ports that are taken already */
export async function takenPorts(host: string, ports: readonly number[]): Promise<readonly number[]> {
  const answers = await Promise.all(ports.map(async (port) => ({ port, open: await accepts(host, port) })))
  return answers.filter(({ open }) => open).map(({ port }) => port)
}
