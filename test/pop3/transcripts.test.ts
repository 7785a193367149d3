import path from 'node:path'
import { transcriptSuite } from '../transcript-suite'

transcriptSuite('POP3', 'pop3', path.join(__dirname, 'transcripts'))
