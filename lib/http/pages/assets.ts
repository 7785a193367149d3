import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Request, Response } from 'express'

interface Asset {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzip: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/**
 * What is not ours: DOMPurify (Apache 2.0 or MPL 2.0, as its first line says), which cleans the HTML of messages, and Squire (MIT), in
 * which text with formatting is written.
 */
const LIBRARIES = [require.resolve('dompurify/dist/purify.min.js'), require.resolve('squire-rte')]

/** The browser's files, some 150 kilobytes, read and compressed once. By path: `mail/list.js`. */
export function loadAssets(folder: string): ReadonlyMap<string, Asset> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = [
    ...names.map((name) => ({ name: name.replaceAll(path.sep, '/'), file: path.join(folder, name) })),
    ...LIBRARIES.map((file) => ({ name: path.basename(file), file })),
  ]
  return new Map(
    files.flatMap(({ name, file }) => {
      const type = TYPES[path.extname(name)]
      if (type === undefined) return []
      const plain = readFileSync(file)
      const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
      return [[name, { type, etag, plain, gzip: gzipSync(plain, { level: 9 }) }]]
    }),
  )
}

export function serveAsset(
  assets: ReadonlyMap<string, Asset>,
  request: Request,
  response: Response,
  headers: Readonly<Record<string, string>>,
): void {
  const name = request.path.slice(1)
  // Addresses of the page itself, such as /mail/admin, are all the one page.
  const asset = assets.get(name) ?? (name.includes('.') ? undefined : assets.get('index.html'))
  if (!asset || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.status(404).type('text/plain').send('Not found')
    return
  }
  // no-cache: asked each time, and answered in a line when nothing changed.
  const common = {
    ...headers,
    'Content-Type': asset.type,
    ETag: asset.etag,
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
  }
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304, common)
    response.end()
    return
  }
  const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const octets = zipped ? asset.gzip : asset.plain
  response.writeHead(200, { ...common, 'Content-Length': octets.length, ...(zipped && { 'Content-Encoding': 'gzip' }) })
  response.end(request.method === 'HEAD' ? undefined : octets)
}
