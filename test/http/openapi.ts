import assert from 'node:assert/strict'
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'

/** Every answer of the API against the document that describes it (OpenAPI 3.1: JSON Schema 2020-12). */

/** JSON Schema, as lib/web/kernel/schema.ts and lib/web/route/openapi.ts write it. */
export interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | false
}
interface Content {
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>
}
export interface Operation {
  readonly summary: string
  readonly operationId: string
  readonly 'x-scope': string
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required: boolean
    readonly schema: JsonSchema
  }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}
export interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: { readonly Error: JsonSchema } }
}

const API = '/api/v1'
const documents = new Map<string, Promise<Document>>()
const checks = new WeakMap<object, ValidateFunction>()
const ajv = new Ajv2020({ strict: true, allErrors: true })
/** operations that were answered with success, by any test of this process */
export const answered = new Set<string>()

export async function documentOf(base: string): Promise<Document> {
  const known =
    documents.get(base) ?? fetch(`${base}${API}/openapi.json`).then((got) => got.json() as Promise<Document>)
  documents.set(base, known)
  return known
}

function check(schema: object, body: unknown, what: string): void {
  const validate = checks.get(schema) ?? ajv.compile(schema)
  checks.set(schema, validate)
  if (!validate(body)) assert.fail(`${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body).slice(0, 500)}`)
}

export async function checkAnswer(base: string, method: string, url: string, response: Response, body: unknown) {
  const route = new URL(url, base).pathname
  if (!route.startsWith(`${API}/`) || route.endsWith('/openapi.json')) return
  const { paths, components } = await documentOf(base)
  const what = `${method} ${route}: ${response.status}`
  if (response.status >= 400) return check(components.schemas.Error, body, what)
  const found = Object.entries(paths)
    .filter(([path]) => new RegExp(`^${API}${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(route))
    .flatMap(([path, methods]) => {
      const operation = methods[method.toLowerCase()]
      return operation ? [{ path, operation }] : []
    })
    // A path without parameters goes before one with them.
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
  assert.ok(found, `${what} is not described`)
  const content = found.operation.responses[String(response.status)]?.content
  assert.ok(content, `${what}: this status is not described`)
  answered.add(found.operation.operationId)
  const [[media, { schema }] = assert.fail(what)] = Object.entries(content)
  const type = (response.headers.get('content-type') ?? '').split(';')[0]
  assert.ok(media === '*/*' || type === media, `${what}: ${type} is not ${media}`)
  if (media === 'application/json') check(schema, body, what)
}
