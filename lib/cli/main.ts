#!/usr/bin/env node

import { textOf } from '../terms/errors'
import { SettingsError } from '../terms/settings'
import { createProgram } from './program'

// Whoever reads what is printed has seen enough (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof SettingsError) for (const mistake of error.mistakes) console.error(`${error.file}: ${mistake}`)
    else console.error(textOf(error))
    process.exit(1)
  })
