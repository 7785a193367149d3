import { type ChildProcess, fork } from 'node:child_process'

/** An image that takes longer to open hangs. */
const PATIENCE = 60_000
/** After so many another process opens them, so that what one leaves behind does not hide anything. */
const OPENED_BY_ONE = 100

/** Opens images in a process of its own, which may crash. */
export interface Opener<Order extends object> {
  /** @returns what is wrong */
  open(order: Order): Promise<readonly string[]>
  end(): void
}

/** @param file of the process: it answers each order with what is wrong (`answerOrders`) */
export function createOpener<Order extends object>(file: string): Opener<Order> {
  let child: ChildProcess | undefined
  let opened = 0
  function start(): ChildProcess {
    opened = 0
    return fork(file, { execArgv: ['-r', 'ts-node/register'] })
  }
  function end(): void {
    child?.kill('SIGKILL')
    child = undefined
  }
  return {
    end,
    open(order) {
      if (opened >= OPENED_BY_ONE) end()
      child ??= start()
      opened += 1
      const asked = child
      return new Promise((resolve) => {
        const timer = setTimeout(() => over(`it hangs: no answer within ${PATIENCE} ms`), PATIENCE)
        const crashed = (code: number | null, signal: string | null): void => over(`it ended with ${code ?? signal}`)
        const answered = (faults: readonly string[]): void => {
          clearTimeout(timer)
          asked.off('exit', crashed)
          resolve(faults)
        }
        function over(fault: string): void {
          asked.off('message', answered)
          if (child === asked) end()
          answered([fault])
        }
        asked.once('message', answered)
        asked.once('exit', crashed)
        asked.send(order)
      })
    },
  }
}

/** The other end of `createOpener`. */
export function answerOrders<Order>(look: (order: Order) => Promise<readonly string[]>): void {
  process.on('message', (order: Order) => {
    look(order)
      .then((faults) => process.send?.(faults))
      .catch((error: unknown) => {
        console.error(error)
        process.exit(1)
      })
  })
}
