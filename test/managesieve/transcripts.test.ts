import path from 'node:path'
import { transcriptSuite } from '../transcript-suite'

transcriptSuite('ManageSieve', 'sieve', path.join(__dirname, 'transcripts'), {
  sieve: { limits: { bad_commands: '4' } },
})
