import { setTimeout as pause } from 'node:timers/promises'
import { WAYS, type Way } from './ask'
import type { Refusal } from './classes'
import { LDAP_WAYS, startLdapOracle } from './ldap'
import { EXCHANGES } from './mechanisms'
import { imap } from './protocols'
import { Recorded } from './recorded'
import { type Oracle, startOracle } from './server'
import { compare, quantile, shuffled } from './statistics'

/**
 * The long form of oracle.test.ts: Welch's t between all classes of refusal, on a running server, over TLS. From 4.5 on there is a
 * difference; a machine that does other work beside it finds some, so run it alone, and a finding twice.
 *
 * MINUTES=25 for all of it: each way has its share, and the table says how many samples of each class that gave (SAMPLES=1000 at
 * most; small differences need them all, and hours). ONLY=POP3,SCRAM chooses ways by a part of the name; RESTARTS=10 fresh servers and
 * LOADED=20 rounds with a full queue of hashes, at most; 0: none. The exit code says whether something differs.
 */
const SAMPLES = Number(process.env.SAMPLES ?? 1000)
const MINUTES = Number(process.env.MINUTES ?? 25)
const RESTARTS = Number(process.env.RESTARTS ?? 10)
const LOADED = Number(process.env.LOADED ?? 20)
const WARM = 5
const LIMIT = 4.5
/** of few samples, and 45 pairs of classes */
const LIMIT_OF_FEW = 10
const FEW = 30
const only = process.env.ONLY?.split(',')
const chosen = (ways: readonly Way[]): readonly Way[] =>
  ways.filter(({ name }) => !only || only.some((part) => name.includes(part)))

/** Shares of the time: each part may take what is left, divided by the parts that are left, itself among them. */
function createBudget(parts: number) {
  const end = performance.now() + MINUTES * 60_000
  let left = parts
  return {
    /** @returns whether there is time left for one more round of what begins now */
    part(parts = 1): () => boolean {
      const now = performance.now()
      const until = now + (Math.max(0, end - now) * parts) / Math.max(parts, left)
      left -= parts
      return () => performance.now() < until
    },
  }
}
type Budget = ReturnType<typeof createBudget>

const classesOf = (refusals: Way['refusals']) =>
  new Map(Object.keys(refusals).map((name): [string, number[]] => [name, []]))
const differing: string[] = []

const row = (way: string, samples: string, median: string, worst: string, verdict: string): void =>
  console.log([way.padEnd(36), samples.padStart(7), median.padStart(9), worst.padStart(9), ` ${verdict}`].join(' '))

function report(what: string, times: ReadonlyMap<string, readonly number[]>): void {
  const samples = Math.min(...[...times.values()].map((values) => values.length))
  if (samples < 2) return row(what, String(samples), '', '', 'too few to say')
  const { worst, pair } = compare(times)
  const differs = worst >= (samples < FEW ? LIMIT_OF_FEW : LIMIT)
  if (differs) differing.push(what)
  const median = quantile([...times.values()].flat(), 0.5)
  const verdict = differs ? `DIFFERENT: ${pair.join(' / ')}` : 'no difference found'
  row(what, String(samples), median.toFixed(0), worst.toFixed(2), verdict)
}

/** Each step of an exchange by itself: SCRAM's first answer has told names by its time before. */
async function measure(oracle: Oracle, way: Way, goesOn: () => boolean): Promise<void> {
  const steps: Map<string, number[]>[] = []
  const answers = new Set<string>()
  for (let round = 0; round < WARM + 2 || (round < SAMPLES + WARM && goesOn()); round++)
    for (const [name, refusal] of shuffled(Object.entries(way.refusals))) {
      const heard = await way.once(oracle, refusal)
      answers.add(JSON.stringify(heard.map(({ text, records }) => [text, records])))
      for (const [at, { took }] of heard.entries()) {
        steps[at] ??= classesOf(way.refusals)
        if (round >= WARM) steps[at]?.get(name)?.push(took)
      }
    }
  if (answers.size !== 1) {
    differing.push(`${way.name}: answers`)
    console.log(`${way.name}: DIFFERENT ANSWERS\n${[...answers].join('\n')}`)
  }
  for (const [at, times] of steps.entries()) report(`${way.name}${steps.length > 1 ? ` (${at + 1})` : ''}`, times)
}

const [imapPlain] = WAYS.filter(({ name }) => name === 'IMAP PLAIN')

/** What a server answers first after its start has nothing in memory yet. */
async function afterRestarts(oracle: Oracle, goesOn: () => boolean): Promise<Oracle> {
  if (!imapPlain) return oracle
  const times = classesOf(imapPlain.refusals)
  let running = oracle
  for (let restart = 0; restart < RESTARTS && (restart < 2 || goesOn()); restart++)
    for (const [name, refusal] of shuffled(Object.entries(imapPlain.refusals))) {
      running = await running.restart()
      const [step] = await imapPlain.once(running, refusal)
      if (step) times.get(name)?.push(step.took)
    }
  report('first of a fresh server', times)
  return running
}

/** While more guesses wait than hashes are computed, nobody's name goes before another's. */
async function whileFull(oracle: Oracle, goesOn: () => boolean): Promise<void> {
  if (!imapPlain) return
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
  const times = classesOf(imapPlain.refusals)
  const unavailable = new Map<string, number>()
  for (let round = 0; round < LOADED && (round < 2 || goesOn()); round++)
    for (const [name, refusal] of shuffled(Object.entries(imapPlain.refusals))) {
      const [step] = await imapPlain.once(oracle, refusal)
      if (!step) continue
      times.get(name)?.push(step.took)
      if (step.text.includes('UNAVAILABLE')) unavailable.set(name, (unavailable.get(name) ?? 0) + 1)
    }
  over = true
  await Promise.all(flood)
  report('while the queue of hashes is full', times)
  if (unavailable.size > 0) console.log(`temporary errors: ${JSON.stringify(Object.fromEntries(unavailable))}`)
}

/** LDAP first: its server ends before the other begins. */
async function withLdap(budget: Budget): Promise<void> {
  const oracle = await startLdapOracle()
  if (!oracle) return
  try {
    for (const way of chosen(LDAP_WAYS)) await measure(oracle, way, budget.part())
  } finally {
    await oracle.stop()
  }
}

async function main(): Promise<void> {
  const ways = chosen(WAYS)
  const ldap = chosen(LDAP_WAYS)
  // Starts of servers take most of their parts.
  const budget = createBudget(ways.length + ldap.length + (RESTARTS > 1 ? 3 : 0) + (LOADED > 1 ? 3 : 0))
  row('way', 'samples', 'median us', 'worst |t|', 'verdict')
  if (ldap.length > 0) await withLdap(budget)
  let oracle = await startOracle()
  try {
    for (const way of ways) await measure(oracle, way, budget.part())
    if (RESTARTS > 1) oracle = await afterRestarts(oracle, budget.part(3))
    if (LOADED > 1) await whileFull(oracle, budget.part(3))
  } finally {
    await oracle.stop()
  }
  console.log(differing.length === 0 ? 'nothing could be told apart' : `told apart: ${differing.join('; ')}`)
  process.exitCode = differing.length === 0 ? 0 : 1
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
