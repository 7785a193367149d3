import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const NAME = 'haraka-plugin-mailbox'

function find(folder: string): string {
  const file = path.join(folder, 'package.json')
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === NAME) return folder
  const parent = path.dirname(folder)
  if (parent === folder) throw new Error(`the root of ${NAME} was not found above ${__dirname}`)
  return find(parent)
}

/** Found by walking up: the code runs from dist/lib when installed and from lib under ts-node. */
export const packageRoot = find(__dirname)
export const version: string = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')).version
