import { constants, setPriority } from 'node:os'
import './thread'

/** The writer thread of files whose writes are long, and nobody waits for them. */

// Linux: threads have priorities of their own (setpriority(2), notes).
if (process.platform === 'linux') {
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It works without.
  }
}
