import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done } from '../../kernel/faults'
import type { Session } from '../../kernel/session'

/** Says what changed, one batch after another, until `stop`. */
function watch(session: Session): { stop(): Promise<void> } {
  const { state } = session
  let running = true
  let busy = Promise.resolve()
  const tell = (): void => {
    if (!running || state.name !== 'selected') return
    busy = busy.then(async () => {
      if (!running) return
      session.tell(await state.view.sync('say'), false)
      session.connection.writer.flush()
      if (state.view.gone) {
        await session.bye('The mailbox was deleted')
      }
    })
    busy = busy.catch((error: unknown) => session.ports.log.error(`IDLE: ${String(error)}`))
  }
  if (state.name === 'selected') {
    state.view.onNews(tell)
    tell()
  }
  return {
    stop: async () => {
      running = false
      if (state.name === 'selected') state.view.onNews(() => undefined)
      await busy
    },
  }
}

const idle = defineCommand({
  name: 'IDLE',
  rfc: 'RFC 2177 and RFC 9051 6.3.13',
  states: ['authenticated', 'selected'],
  parse: nothing,
  run: async ({ session }) => {
    session.say('+ idling')
    session.connection.writer.flush()
    const watching = watch(session)
    const line = await session.readLine()
    await watching.stop()
    if (line === undefined) return done('')
    const word = line === 'too-long' ? '' : line.toString('latin1').trim()
    return word.toUpperCase() === 'DONE' ? done('IDLE completed') : { kind: 'bad', text: 'Expected DONE' }
  },
})

export const idleCommands: readonly Command[] = [idle]
