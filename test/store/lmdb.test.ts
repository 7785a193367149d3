import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { storeConformance } from '../../lib/store/conformance'
import { openLmdbStore } from '../../lib/store/lmdb'

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))

storeConformance({ describe, it, before, after }, 'lmdb', () => openLmdbStore({ path: path.join(folder, 'store') }))
