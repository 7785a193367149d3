import assert from 'node:assert/strict'
import fc from 'fast-check'
import { messagePage, safeStyle } from '../../lib/http/mail/html'
import { ATTACKS } from './attacks'

const page = (html: string, remoteImages = false) => messagePage(html, { remoteImages, inline: () => undefined })
const bodyOf = (html: string): string => html.slice(html.indexOf('<body>'))

/** What must not be in a cleaned document, however it is written. */
function harmless(html: string): void {
  const body = bodyOf(html)
  assert.doesNotMatch(
    body,
    /<(?:script|iframe|object|embed|form|input|button|meta|link|base|style|svg|math|video|audio|template)/i,
  )
  for (const [tag] of body.matchAll(/<[a-z][^>]*>/gi)) {
    // Values are in double quotes; what is left are names.
    const names = tag.replace(/"[^"]*"/g, '""')
    assert.doesNotMatch(names, /\son\w+\s*=/i)
    assert.doesNotMatch(names, /\sstyle\s*=/i)
    assert.doesNotMatch(tag, /(?:href|src)="\s*(?:javascript|vbscript|file|blob|data:(?!image\/))/i)
  }
}

describe('HTML of messages', () => {
  for (const [name, html] of Object.entries(ATTACKS)) {
    it(`leaves nothing dangerous of: ${name}`, () => harmless(page(html).html))
  }
  it('leaves nothing dangerous of what is made of dangerous pieces', () => {
    const piece = fc.oneof(
      fc.constantFrom(...Object.values(ATTACKS)),
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '<!--',
        '-->',
        '<svg>',
        '</svg>',
        '<math>',
        '<style>',
        '</style>',
        '<p ',
        ' onclick=x ',
        '\0',
        '&lt;',
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => harmless(page(pieces.join('')).html)),
      { numRuns: 200 },
    )
  })

  it('does not fetch pictures from elsewhere, counts them, and shows them when asked', () => {
    const html = '<img src="https://x.example/a.png"><img src="//x.example/b.png"><img src="cid:none">'
    const closed = page(html)
    assert.equal(closed.blocked, 2)
    assert.doesNotMatch(closed.html, /x\.example/)
    assert.match(closed.headers['Content-Security-Policy'] ?? '', /img-src data:;/)
    const open = page(html, true)
    assert.match(open.html, /src="https:\/\/x\.example\/a\.png"/)
    assert.match(open.headers['Content-Security-Policy'] ?? '', /img-src data: https: http:;/)
  })
  it('shows pictures of the message itself', () => {
    const { html } = messagePage('<img src="cid:a%40b">', {
      remoteImages: false,
      inline: (id) => (id === 'a@b' ? 'data:image/png;base64,AAAA' : undefined),
    })
    assert.match(html, /<img src="data:image\/png;base64,AAAA" \/>/)
  })
  it('has a policy without unsafe-inline that lets nothing run and sandboxes even without the frame', () => {
    const policy = page('<p style="color:red">x</p>').headers['Content-Security-Policy'] ?? ''
    assert.doesNotMatch(policy, /unsafe/)
    for (const part of ["default-src 'none'", "form-action 'none'", "base-uri 'none'", 'sandbox allow-popups']) {
      assert.ok(policy.includes(part), part)
    }
    assert.doesNotMatch(policy, /allow-scripts|allow-same-origin|allow-forms|allow-top-navigation/)
  })
  it('keeps harmless style as classes, and links that open elsewhere without a referrer', () => {
    const { html } = page(
      '<p style="color:#123;position:fixed">a</p><p style="color:#123">b</p><a href="https://a.example/" target=_top>c</a>',
    )
    assert.match(html, /\.m0\{color:#123\}/)
    assert.equal(html.match(/class="m0"/g)?.length, 2)
    assert.doesNotMatch(html, /position/)
    assert.match(html, /<a href="https:\/\/a\.example\/" target="_blank" rel="noopener noreferrer nofollow">/)
  })
  for (const style of [
    'background:url(https://x.example/)',
    'background:\\75rl(https://x.example/)',
    'background:u/**/rl(https://x.example/)',
    'color:expression(alert(1))',
    'width:calc(1px',
    'color:red}body{background:red',
    'font-family:"a</style><script>',
    'behavior:url(x)',
    'position:fixed;top:0',
    'background-image:image-set("https://x.example/" 1x)',
    '-moz-binding:url(x)',
  ]) {
    it(`refuses the style ${style}`, () => assert.equal(safeStyle(style), ''))
  }
})
