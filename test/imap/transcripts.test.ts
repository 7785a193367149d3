import path from 'node:path'
import { transcriptSuite } from '../transcript-suite'

transcriptSuite('IMAP', 'imap', path.join(__dirname, 'transcripts'), {
  imap: { metadata: { comment: 'A server of tests', admin: 'mailto:postmaster@x' } },
})
