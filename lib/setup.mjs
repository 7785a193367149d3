// Makes a fresh clone ready for `npm start` and `npm test`: installs when the lock file changed, builds when a source did.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const stampOf = (name) => path.join(root, 'node_modules', `.mailbox-${name}`)
const npm = process.env.npm_execpath

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(path.join(root, file)))
  return hash.digest('hex')
}

function sources(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
}

function unlessDone(name, files, proof, run) {
  const hash = hashOf(files)
  const stamp = stampOf(name)
  if (existsSync(path.join(root, proof)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  run()
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}

function command(title, args) {
  console.error(`${title} ...`)
  const [program, ...rest] = npm ? [process.execPath, npm, ...args] : ['npm', ...args]
  const done = spawnSync(program, rest, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (done.status !== 0) {
    console.error(`${title} failed: npm ${args.join(' ')} (exit ${done.status ?? done.signal})`)
    process.exit(1)
  }
}

unlessDone('installed', ['package.json', 'package-lock.json'], 'node_modules/typescript7', () =>
  command('Installing packages', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
)
unlessDone(
  'built',
  ['package.json', 'tsconfig.json', 'tsconfig.build.json', ...sources('lib'), ...sources('plugins')],
  'dist/lib/cli/main.js',
  () => command('Building', ['run', '--silent', 'build']),
)
