import type { OAuthSettings } from '../settings'

/** What OAuth clients may know of this service (RFC 9728): who makes its tokens. */

/** RFC 9728 3.1: the well-known path stands between the host and the path of the resource. */
export function metadataAddress(resource: string): string {
  if (resource === '') return ''
  const { origin, pathname, search } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`
}

/** RFC 9728 2. HTTP itself takes no such tokens here: they are for SASL. */
export const resourceMetadata = ({ resource, issuer, scope }: OAuthSettings) => ({
  resource,
  authorization_servers: [issuer],
  ...(scope !== '' && { scopes_supported: scope.split(' ') }),
  bearer_methods_supported: [],
})
