import type { Document, JsonSchema, Operation } from './openapi'

/** docs/http-api.md: each call of the OpenAPI document with a line for curl. */

/** What stands in examples, by the names of fields. */
const VALUES: Readonly<Record<string, unknown>> = {
  user: 'ann@example.org',
  name: 'Projects',
  password: '...',
  next: '...',
  label: 'backup',
  uids: [4711],
  uid: 4711,
  ids: ['ID'],
  to: 'ann@example.org',
  subject: 'Hello',
  query: 'from:ann is:unread',
  limit: 20,
  days: 30,
}

function sample(name: string, schema: JsonSchema): unknown {
  const known = VALUES[name]
  const fits = Array.isArray(known)
    ? schema.type === 'array'
    : typeof known === (schema.type === 'integer' ? 'number' : schema.type)
  if (schema.enum) return schema.enum[0]
  if (known !== undefined && fits) return known
  if (schema.type === 'integer' || schema.type === 'number') return 1
  if (schema.type === 'boolean') return true
  if (schema.type === 'array') return schema.items ? [sample(name.replace(/s$/, ''), schema.items)] : []
  if (schema.type !== 'object') return name.toUpperCase()
  const { properties = {}, required = [] } = schema
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([field]) => required.includes(field))
      .map(([field, of]) => [field, sample(field, of)]),
  )
}

const inShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** How who asks is known, as curl says it. */
function credential(scope: string, changes: boolean): string {
  if (scope === 'public') return ''
  if (scope === 'session') return changes ? ' -b jar -H "X-CSRF-Token: $CSRF"' : ' -b jar'
  return ' -H "Authorization: Bearer $TOKEN"'
}

function curl(method: string, route: string, operation: Operation): string {
  const path = route.replace(/\{(\w+)\}/g, (_all, name: string) => name.toUpperCase())
  const query = operation.parameters.filter(({ in: place, required }) => place === 'query' && required)
  const words = query.map(({ name, schema }) => `${name}=${encodeURIComponent(String(sample(name, schema)))}`)
  const body = operation.requestBody?.content['application/json']?.schema
  const form = !body && operation.requestBody ? ' ...' : ''
  const json = body ? ` --json ${inShell(JSON.stringify(sample('', body)))}` : form
  const verb = method === 'get' ? '' : method === 'post' && json !== '' ? '' : ` -X ${method.toUpperCase()}`
  const url = `"$API${path}${words.length > 0 ? `?${words.join('&')}` : ''}"`
  return `curl${verb}${credential(operation['x-scope'], method !== 'get')}${json} ${url}`
}

function optionalFields({ parameters, requestBody }: Operation): readonly string[] {
  const { properties = {}, required = [] } = requestBody?.content['application/json']?.schema ?? {}
  return [
    ...parameters.filter(({ in: place, required: needed }) => place === 'query' && !needed).map(({ name }) => name),
    ...Object.keys(properties).filter((name) => !required.includes(name)),
  ].map((name) => `\`${name}\``)
}

/** Lines of 120 characters. */
function wrapped(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= 120) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}

const TITLES: Readonly<Record<string, string>> = {
  session: 'Sessions',
  account: 'The own account',
  admin: 'Administrators',
}

export function apiPage({ paths }: Document): string {
  const groups = new Map<string, string[]>()
  for (const [route, methods] of Object.entries(paths)) {
    const [, first = ''] = route.split('/')
    const title = TITLES[first] ?? 'Mail'
    const group = groups.get(title) ?? []
    groups.set(title, group)
    for (const [method, operation] of Object.entries(methods)) {
      const optional = optionalFields(operation)
      const scope = operation['x-scope']
      const facts = `${operation.summary.replace(/\.$/, '')}. Scope \`${scope}\`${optional.length > 0 ? `; may have ${optional.join(', ')}` : ''}.`
      group.push(
        `### ${method.toUpperCase()} ${route}\n\n${wrapped(facts)}\n\n\`\`\`\n${curl(method, route, operation)}\n\`\`\`\n`,
      )
    }
  }
  const sections = [...groups].map(([title, calls]) => `## ${title}\n\n${calls.join('\n')}`)
  return `# The JSON API, call by call

Made of the routes by \`npm run types:api\`. What a field may be, and what is answered, says \`/api/v1/openapi.json\`
(OpenAPI 3.1). Rules of it all: [http.md](http.md#json-api).

\`\`\`
API=http://127.0.0.1:2080/api/v1
TOKEN=$(haraka-mailbox tokens make ann@example.org --label backup --scope mail:read --json | jq -r .token)
curl -H "Authorization: Bearer $TOKEN" "$API/mailboxes"
\`\`\`

A token of the scope \`session\` does not exist: such calls are for browsers, and for scripts that log in as one does.
Its answer has \`csrf\`, which everything that changes something takes in a header:

\`\`\`
CSRF=$(curl -c jar --json '{"user":"ann@example.org","password":"..."}' "$API/session" | jq -r .csrf)
\`\`\`

Words in capitals in a path (\`MAILBOX\`, \`UID\`) are ids that other calls give. \`--json\` needs curl 7.82 or later.

${sections.join('\n')}`
}
