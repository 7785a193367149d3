import { randomBytes } from 'node:crypto'
import sanitizeHtml from 'sanitize-html'

/**
 * A message's HTML as a document for a sandboxed frame. Three walls, each enough alone: what is not on the lists below is taken
 * out; the frame is sandboxed (no scripts, no forms, an origin of its own); the document's policy lets nothing load but what
 * this file made. Style attributes become classes of one sheet with a nonce, so the policy needs no unsafe-inline.
 */

export interface Page {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
  /** pictures from elsewhere that were left out */
  readonly blocked: number
}

export interface PageOptions {
  /** the reader asked for pictures from elsewhere */
  readonly remoteImages: boolean
  /** a picture of the message itself as data: address, by Content-ID */
  readonly inline: (contentId: string) => string | undefined
}

const TAGS =
  'a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr'.split(
    ' ',
  )

/** No position (a message must not draw over its frame), no content, no url() anywhere. */
const PROPERTY =
  /^(?:color|background|background-color|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width|radius))?|border-(?:collapse|spacing|radius)|border-(?:top|bottom)-(?:left|right)-radius|display|direction|font|font-(?:family|size|style|weight|variant)|height|letter-spacing|line-height|list-style-type|margin(?:-(?:top|right|bottom|left))?|(?:max|min)-(?:width|height)|padding(?:-(?:top|right|bottom|left))?|table-layout|text-(?:align|decoration|indent|transform)|vertical-align|white-space|width|word-(?:break|spacing|wrap)|overflow-wrap)$/
const VALUE = /^[\w\s#%.,()'"+/-]{1,300}$/
const FUNCTION = /[\w-]+(?=\s*\()/g
const FUNCTIONS = new Set(['rgb', 'rgba', 'hsl', 'hsla', 'calc'])
const MOST_CLASSES = 5000

/** The declarations of a style attribute that are harmless, in the spelling of this file. */
export function safeStyle(style: string): string {
  const clean = style.slice(0, 10_000).replace(/\/\*[\s\S]*?\*\//g, '')
  return clean
    .split(';')
    .flatMap((declaration) => {
      const colon = declaration.indexOf(':')
      const property = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase()
      const value = declaration
        .slice(colon + 1)
        .replace(/\s*!important\s*$/i, '')
        .trim()
      if (!PROPERTY.test(property) || !VALUE.test(value)) return []
      const quotes = (value.match(/["']/g) ?? []).length
      const functions = value.toLowerCase().match(FUNCTION) ?? []
      if (quotes % 2 === 1 || !functions.every((name) => FUNCTIONS.has(name))) return []
      return value.split('(').length === value.split(')').length ? [`${property}:${value}`] : []
    })
    .join(';')
}

const IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*$/i

function attributesOf(names: Readonly<Record<string, string>>, allowed: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of allowed) {
    const value = names[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

const PRESENTATION = [
  'align',
  'valign',
  'bgcolor',
  'border',
  'cellpadding',
  'cellspacing',
  'colspan',
  'rowspan',
  'color',
  'dir',
  'face',
  'height',
  'lang',
  'nowrap',
  'size',
  'span',
  'start',
  'title',
  'type',
  'width',
]

function linkAttributes(given: Readonly<Record<string, string>>): Record<string, string> {
  const href = (given.href ?? '').trim()
  if (!/^(?:https?:\/\/|mailto:|tel:)/i.test(href)) return {}
  return { href, target: '_blank', rel: 'noopener noreferrer nofollow' }
}

export function messagePage(source: string, { remoteImages, inline }: PageOptions): Page {
  const nonce = randomBytes(16).toString('base64')
  const classes = new Map<string, string>()
  let blocked = 0

  function classOf(style: string | undefined): Record<string, string> {
    const safe = style === undefined ? '' : safeStyle(style)
    if (safe === '') return {}
    const known = classes.get(safe)
    if (known === undefined && classes.size >= MOST_CLASSES) return {}
    const name = known ?? `m${classes.size}`
    classes.set(safe, name)
    return { class: name }
  }
  function imageAttributes(given: Readonly<Record<string, string>>): Record<string, string> {
    const src = (given.src ?? '').trim()
    const shown = attributesOf(given, ['alt', 'height', 'width'])
    if (/^cid:/i.test(src)) {
      const found = inline(decodeURIComponentSafely(src.slice(4)))
      return found === undefined ? shown : { ...shown, src: found }
    }
    if (IMAGE.test(src)) return { ...shown, src }
    if (!/^(?:https?:)?\/\//i.test(src)) return shown
    if (remoteImages) return { ...shown, src, referrerpolicy: 'no-referrer', loading: 'lazy' }
    blocked++
    return shown
  }

  const body = sanitizeHtml(source, {
    allowedTags: TAGS,
    allowedAttributes: {
      '*': [...PRESENTATION, 'class'],
      a: ['href', 'target', 'rel'],
      img: ['src', 'alt', 'referrerpolicy', 'loading'],
    },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: ['http', 'https', 'data'] },
    disallowedTagsMode: 'discard',
    nestingLimit: 200,
    transformTags: {
      '*': (tagName, given) => ({
        tagName,
        attribs: {
          ...attributesOf(given, PRESENTATION),
          ...classOf(given.style),
          ...(tagName === 'a' && linkAttributes(given)),
          ...(tagName === 'img' && imageAttributes(given)),
        },
      }),
    },
  })
  const sheet = [...classes].map(([style, name]) => `.${name}{${style}}`).join('\n')
  const images = remoteImages ? 'data: https: http:' : 'data:'
  const policy = [
    "default-src 'none'",
    `img-src ${images}`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    'sandbox allow-popups allow-popups-to-escape-sandbox',
  ].join('; ')
  return {
    blocked,
    html: `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style nonce="${nonce}">:root{color-scheme:light;background:#fff;color:#1b1d21}body{margin:16px;font:15px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%}table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:0 0 0 .5em;padding-left:.8em;border-left:3px solid #ccd}\n${sheet}</style></head><body>${body}</body></html>`,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
    },
  }
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
