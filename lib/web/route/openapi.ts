import { JSON_BODY } from '../kernel/body/kinds'
import type { Route } from './route'

const parameter = (where: 'path' | 'query', name: string, schema: unknown, required: boolean) => ({
  name,
  in: where,
  required,
  schema,
})

interface ObjectJson {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
}

const contentOf = ({ bodies = [JSON_BODY] }: Route, json: object) =>
  Object.fromEntries(bodies.map((kind) => [kind.mediaType, kind.describe(json)]))

function operation(route: Route) {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    parameter('path', name, { type: 'string' }, true),
  )
  const { properties = {}, required = [] } = (route.query?.json ?? {}) as ObjectJson // made by object()
  const inQuery = Object.entries(properties).map(([name, schema]) =>
    parameter('query', name, schema, required.includes(name)),
  )
  return {
    summary: route.summary,
    operationId: `${route.method}${route.path.replace(/[/:](\w)/g, (_all, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    parameters: [...inPath, ...inQuery],
    ...(route.body && {
      requestBody: { required: true, content: contentOf(route, route.body.json) },
    }),
    responses: {
      [route.status ?? 200]: {
        description: 'done',
        content: { [route.produces ?? 'application/json']: { schema: route.answer.json } },
      },
      default: {
        description: 'an error',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
    'x-scope': route.scope,
    ...(route.also && { 'x-also': Object.fromEntries(route.also.map(({ field, scope }) => [field, scope])) }),
    security:
      route.scope === 'public' ? [] : route.scope === 'session' ? [{ session: [] }] : [{ session: [] }, { token: [] }],
  }
}

/** OpenAPI 3.1, made of the very rows that answer. */
export function openApi(base: string, routes: readonly Route[], version: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'haraka-plugin-mailbox', version, license: { name: 'MIT' } },
    servers: [{ url: base }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'mailbox' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: { type: 'string', description: 'a word that stays the same' },
            message: { type: 'string', description: 'for people' },
            holder: {
              type: 'object',
              description: 'who is in the mailbox (423); how much is told is a setting',
              properties: {
                id: { type: 'string' },
                account: { type: 'string' },
                protocol: { type: 'string' },
                since: { type: 'integer' },
                address: { type: 'string' },
                client: { type: 'string' },
              },
              required: ['id', 'account'],
              additionalProperties: false,
            },
          },
          required: ['error', 'message'],
          additionalProperties: false,
        },
      },
    },
  }
}
