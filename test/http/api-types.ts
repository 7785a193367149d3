import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { apiPage } from './api-page'
import { documentOf, type JsonSchema, type Operation } from './openapi'
import { openWeb } from './web'

/** The OpenAPI document as TypeScript, for the browser's code: one interface whose keys are `GET /mailboxes`. */

const FILE = 'lib/http/static/base/api-types.d.ts'
const file = path.join(packageRoot, FILE)
const page = path.join(packageRoot, 'docs/http-api.md')

const fieldsOf = (fields: readonly (readonly [name: string, required: boolean, type: string])[]): string =>
  `{ ${fields.map(([name, required, type]) => `${name}${required ? '' : '?'}: ${type}${required ? '' : ' | undefined'}`).join('; ')} }`

/** `Record<string, never>`: an object that takes no field. */
function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((word) => `'${word}'`).join(' | ')
  if (schema.type === 'string') return 'string'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'array') return `Array<${schema.items ? typeOf(schema.items) : 'unknown'}>`
  if (schema.type !== 'object') return 'unknown'
  if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties)}>`
  const { properties = {}, required = [] } = schema
  if (Object.keys(properties).length === 0) return 'Record<string, never>'
  return fieldsOf(Object.entries(properties).map(([name, of]) => [name, required.includes(name), typeOf(of)]))
}

function row(method: string, route: string, { parameters, requestBody, responses }: Operation): string {
  const where = parameters.map(
    ({ name, in: place, required, schema }) =>
      [name, required, place === 'path' ? 'string | number' : typeOf(schema)] as const,
  )
  const [[, { content } = { content: {} }] = []] = Object.entries(responses)
  const body = requestBody?.content['application/json']?.schema
  const answer = content['application/json']?.schema
  const parts = [
    where.length > 0 ? `where: ${fieldsOf(where)}` : '',
    body ? `body: ${typeOf(body)}` : '',
    `answer: ${answer ? typeOf(answer) : 'unknown'}`,
  ]
  return `'${method.toUpperCase()} ${route}': { ${parts.filter(Boolean).join('; ')} }`
}

/** As Biome would have it, so that the file passes like any other. */
function formatted(text: string): string {
  const biome = path.join(packageRoot, 'node_modules/@biomejs/biome/bin/biome')
  const done = spawnSync(process.execPath, [biome, 'format', `--stdin-file-path=${FILE}`], {
    cwd: packageRoot,
    input: text,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(done.stderr)
  return done.stdout
}

async function theDocument() {
  const web = await openWeb()
  const document = await documentOf(web.url)
  await web.close()
  return document
}

export const apiPageNow = async (): Promise<string> => apiPage(await theDocument())
export const pageOnDisk = (): string => readFileSync(page, 'utf8')

export async function apiTypes(): Promise<string> {
  const { paths, components } = await theDocument()
  const rows = Object.entries(paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => row(method, route, operation)),
  )
  return formatted(`// Made of the OpenAPI document by \`npm run types:api\`: not to be edited.

export interface Api { ${rows.join('\n')} }

/** The body of every refusal. */
export interface ApiFault ${typeOf(components.schemas.Error)}
`)
}

export const typesOnDisk = (): string => readFileSync(file, 'utf8')

if (require.main === module) {
  void apiTypes().then((text) => writeFileSync(file, text))
  void apiPageNow().then((text) => writeFileSync(page, text))
}
