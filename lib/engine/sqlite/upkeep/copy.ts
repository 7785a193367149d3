import { once } from 'node:events'
import path from 'node:path'
import { Unavailable } from '../../../terms/errors'
import { startThread } from '../start-thread'

/**
 * Writes one moment of a file into a new one, while others write. The log of the file cannot begin anew meanwhile: it grows by what is
 * written. Rejects with `Unavailable`, and then there is no new file.
 * @param to absolute; must not be there
 */
export async function copyDatabase(file: string, to: string): Promise<void> {
  const thread = startThread(path.join(__dirname, 'copy-thread'), { file, to })
  let why: string | undefined
  thread.on('message', (text: string) => {
    why = text
  })
  try {
    await once(thread, 'exit')
  } catch (error) {
    why = error instanceof Error ? error.message : String(error)
  }
  if (why !== undefined) throw new Unavailable(why)
}
