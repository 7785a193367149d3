import path from 'node:path'
import { transcriptSuite } from '../transcript-suite'

// RFC 9738: limits that a few messages reach
transcriptSuite('IMAP with message_limit = 3', 'imap', path.join(__dirname, 'limited/messages'), {
  imap: { limits: { message_limit: '3' } },
})
transcriptSuite('IMAP with save_limit = 3 and append = 2000', 'imap', path.join(__dirname, 'limited/saves'), {
  imap: { limits: { save_limit: '3', append: '2000' } },
})

transcriptSuite('IMAP', 'imap', path.join(__dirname, 'transcripts'), {
  imap: { session: { set_quota: 'yes' }, metadata: { comment: 'A server of tests', admin: 'mailto:postmaster@x' } },
})
