import path from 'node:path'
import { transcriptSuite } from '../transcript-suite'

transcriptSuite('IMAP after a power cut', 'imap', path.join(__dirname, 'power-cut'))
