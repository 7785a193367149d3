/** What a client makes of a multi-line response (RFC 1939 3). */
export function unstuffed(response: string): string {
  const body = response.slice(0, response.length - '.\r\n'.length)
  return body.replace(/^\./, '').replace(/\r\n\./g, '\r\n')
}
