import path from 'node:path'
import { BEHIND } from '../stores'
import { transcriptSuite } from '../transcript-suite'

transcriptSuite('IMAP after a power cut', 'imap', path.join(__dirname, 'power-cut'), {}, BEHIND)
