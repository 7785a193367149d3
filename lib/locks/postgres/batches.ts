import type { Answer, Question } from '../decisions'

interface Asked {
  readonly question: Question
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** questions that one transaction answers */
const AT_ONCE = 100

/** Questions about one account one after another, as they were asked; those that gather meanwhile share a transaction. */
export function createBatches(answerAll: (account: string, questions: readonly Question[]) => Promise<Answer[]>) {
  /** those that wait for the ones before them, by account */
  const asked = new Map<string, Asked[]>()

  async function serve(account: string, waiting: Asked[]): Promise<void> {
    asked.set(account, waiting)
    while (waiting.length > 0) {
      const batch = waiting.splice(0, AT_ONCE)
      const questions = batch.map(({ question }) => question)
      try {
        for (const answer of await answerAll(account, questions)) batch.shift()?.resolve(answer)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    asked.delete(account)
  }

  return {
    ask: (account: string, question: Question): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const entry = { question, resolve, reject }
        const waiting = asked.get(account)
        if (waiting) waiting.push(entry)
        else void serve(account, [entry])
      }),
  }
}
