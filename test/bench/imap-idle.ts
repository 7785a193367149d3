import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startKit } from '../kit'

/** `npm run bench:imap-idle`: the heap that one session costs which has a mailbox selected and is in IDLE. */
const FEW = 100
const MANY = 1000

/** Its own thread with its own heap: the clients, which are not measured. */
function clients(port: number): void {
  const open: Socket[] = []
  async function one(): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    open.push(socket)
    socket.write('a LOGIN idle pass\r\nb SELECT INBOX\r\nc FETCH 1:* FLAGS\r\nd IDLE\r\n')
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) if (chunk.includes('\r\n+ ')) return
  }
  parentPort?.on('message', async (count: number) => {
    while (open.length < count) await one()
    parentPort?.postMessage(count)
  })
}

async function main(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const kit = await startKit()
  const id = await kit.account('idle')
  for (let n = 0; n < 100; n++) await kit.deliver(id, `Subject: ${n}\n\nx\n`)
  const worker = new Worker(__filename, { workerData: kit.imap, execArgv: ['-r', 'ts-node/register'] })
  async function heapWith(count: number): Promise<number> {
    const ready = new Promise((resolve) => worker.once('message', resolve))
    worker.postMessage(count)
    await ready
    collect()
    return process.memoryUsage().heapUsed
  }
  const few = await heapWith(FEW)
  const many = await heapWith(MANY)
  console.log(`${MANY} idle sessions: ${Math.round((many - few) / (MANY - FEW))} octets of heap each`)
  await worker.terminate()
  await kit.close()
}

if (isMainThread) void main()
else clients(workerData)
