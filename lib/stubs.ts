import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from './package-root'

/**
 * Haraka finds the line `mailbox/pop3` as `<package>/pop3/package.json`. These folders are generated for every
 * `plugins/*.ts`, so that sources stay in one place.
 */
for (const file of readdirSync(path.join(packageRoot, 'plugins'))) {
  if (!file.endsWith('.ts')) continue
  const name = path.basename(file, '.ts')
  mkdirSync(path.join(packageRoot, name), { recursive: true })
  writeFileSync(
    path.join(packageRoot, name, 'package.json'),
    `${JSON.stringify({ main: `../dist/plugins/${name}.js` })}\n`,
  )
}
