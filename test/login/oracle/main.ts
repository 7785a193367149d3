import { setTimeout as pause } from 'node:timers/promises'
import { WAYS, type Way } from './ask'
import { address, REFUSALS, type Refusal } from './classes'
import { EXCHANGES } from './mechanisms'
import { imap } from './protocols'
import { Recorded } from './recorded'
import { type Oracle, startOracle } from './server'
import { compare, quantile, shuffled } from './statistics'

/**
 * The long form of oracle.test.ts: Welch's t between all classes of refusal, on a running server, over TLS. From 4.5 on there is a
 * difference; a machine that does other work beside it finds some, so run it alone, and a finding twice.
 *
 * SAMPLES=1000 of each class; ONLY=POP3,SCRAM chooses ways by a part of the name; RESTARTS=10 fresh servers; LOADED=20 rounds with a
 * full queue of hashes. The exit code says whether something differs.
 */
const SAMPLES = Number(process.env.SAMPLES ?? 1000)
const RESTARTS = Number(process.env.RESTARTS ?? 10)
const LOADED = Number(process.env.LOADED ?? 20)
const WARM = 10
const LIMIT = 4.5
/** of few samples, and 45 pairs of classes */
const LIMIT_OF_FEW = 10
const only = process.env.ONLY?.split(',')

const classesOf = (refusals: Way['refusals']) =>
  new Map(Object.keys(refusals).map((name): [string, number[]] => [name, []]))
let different = 0

function report(what: string, times: ReadonlyMap<string, readonly number[]>, limit: number): void {
  const { worst, pair } = compare(times)
  const median = quantile([...times.values()].flat(), 0.5)
  const verdict = worst < limit ? 'no difference found' : `DIFFERENT: ${pair.join(' / ')}`
  if (worst >= limit) different += 1
  console.log(
    `${what.padEnd(34)} ${median.toFixed(0).padStart(8)} us  worst |t| ${worst.toFixed(2).padStart(5)}  ${verdict}`,
  )
}

/** Each step of an exchange by itself: SCRAM's first answer has told names by its time before. */
async function measure(oracle: Oracle, way: Way): Promise<void> {
  const steps: Map<string, number[]>[] = []
  const answers = new Set<string>()
  for (let round = 0; round < SAMPLES + WARM; round++)
    for (const [name, refusal] of shuffled(Object.entries(way.refusals))) {
      const heard = await way.once(oracle, refusal)
      answers.add(JSON.stringify(heard.map(({ text, records }) => [text, records])))
      for (const [at, { took }] of heard.entries()) {
        steps[at] ??= classesOf(way.refusals)
        if (round >= WARM) steps[at]?.get(name)?.push(took)
      }
    }
  if (answers.size !== 1) {
    different += 1
    console.log(`${way.name}: DIFFERENT ANSWERS\n${[...answers].join('\n')}`)
  }
  for (const [at, times] of steps.entries())
    report(`${way.name}${steps.length > 1 ? ` (${at + 1})` : ''}`, times, LIMIT)
}

const chosen: readonly Way[] = WAYS.filter(({ name }) => !only || only.some((part) => name.includes(part)))

/** What a server answers first after its start has nothing in memory yet. */
async function afterRestarts(oracle: Oracle): Promise<Oracle> {
  const [way] = WAYS.filter(({ name }) => name === 'IMAP PLAIN')
  if (!way) return oracle
  const times = classesOf(way.refusals)
  let running = oracle
  for (let restart = 0; restart < RESTARTS; restart++)
    for (const [name, refusal] of shuffled(Object.entries(way.refusals))) {
      running = await running.restart()
      const [step] = await way.once(running, refusal)
      if (step) times.get(name)?.push(step.took)
    }
  report('first of a fresh server', times, LIMIT_OF_FEW)
  return running
}

/** While more guesses wait than hashes are computed, nobody's name goes before another's. */
async function whileFull(oracle: Oracle): Promise<void> {
  const [way] = WAYS.filter(({ name }) => name === 'IMAP PLAIN')
  if (!way) return
  let over = false
  const flood = Array.from({ length: 40 }, async (_, n) => {
    const refusal: Refusal = { user: 'nobod', right: false, own: 0, others: 0 }
    while (!over) {
      const wire = new Recorded(imap.port(oracle.demo, oracle.sieve), await oracle.addressFor(refusal))
      await imap.greet(wire)
      await EXCHANGES.PLAIN?.(wire, imap, { ...refusal, user: `flood${n}` }, oracle.tokens)
      wire.close()
      await pause(1)
    }
  })
  const times = classesOf(way.refusals)
  const unavailable = new Map<string, number>()
  for (let round = 0; round < LOADED; round++)
    for (const [name, refusal] of shuffled(Object.entries(way.refusals))) {
      const [step] = await way.once(oracle, refusal)
      if (!step) continue
      times.get(name)?.push(step.took)
      if (step.text.includes('UNAVAILABLE')) unavailable.set(name, (unavailable.get(name) ?? 0) + 1)
    }
  over = true
  await Promise.all(flood)
  report('while the queue of hashes is full', times, LIMIT_OF_FEW)
  console.log(`temporary errors: ${JSON.stringify(Object.fromEntries(unavailable))}`)
}

async function main(): Promise<void> {
  console.log(
    `${Object.keys(REFUSALS).length} classes, such as ${Object.values(REFUSALS).map(address)[0]}; ${SAMPLES} samples each`,
  )
  let oracle = await startOracle()
  try {
    for (const way of chosen) await measure(oracle, way)
    if (RESTARTS > 1) oracle = await afterRestarts(oracle)
    if (LOADED > 1) await whileFull(oracle)
  } finally {
    await oracle.stop()
  }
  console.log(different === 0 ? 'nothing could be told apart' : `${different} times something differs`)
  process.exitCode = different === 0 ? 0 : 1
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
