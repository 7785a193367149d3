import assert from 'node:assert/strict'
import { writeHtml } from '../../lib/mime/write/clean-html'
import { ATTACKS } from '../http/attacks'

const DANGER =
  /<(?:script|style|iframe|object|svg|math|form|link|meta|base)\b|<[^>]+\son\w+=|javascript:|<[^>]+src="(?!cid:)/i

describe('HTML that goes out', () => {
  const rows: readonly (readonly [written: string, html: string, text: string])[] = [
    ['<div>Hello <b>Bob</b><br>you</div>', '<div>Hello <b>Bob</b><br>you</div>', 'Hello Bob\nyou'],
    ['<ul><li>one<li>two</ul>', '<ul><li>one</li><li>two</li></ul>', '- one\n- two'],
    [
      '<blockquote type="cite" onclick="x()" style="a:b"><p class=x>said</p></blockquote>',
      '<blockquote type="cite"><p>said</p></blockquote>',
      '> said',
    ],
    [
      '<a href="javascript:x()">a</a><a href="https://e.example/?a&b">b</a>',
      '<a>a</a><a href="https://e.example/?a&amp;b">b</a>',
      'ab <https://e.example/?a&b>',
    ],
    [
      '<img src="https://e.example/t.gif"><img src="cid:p1@x" alt="me" width="10" onerror=x>',
      '<img src="cid:p1@x" alt="me" width="10">',
      '',
    ],
    ['<script>x()</script><style>p{}</style><center>kept</center><font color=red>too</font>', 'kepttoo', 'kepttoo'],
    ['<svg><script>x()</script></svg><math><mi>y</mi></math>after', 'after', 'after'],
  ]
  for (const [written, html, text] of rows) {
    it(`${written.slice(0, 60)}`, () => {
      const made = writeHtml(written)
      assert.equal(made?.html, html)
      if (text !== '') assert.equal(made?.text.trim(), text)
    })
  }
  it('holds nothing of an attack that runs or is fetched', () => {
    for (const [name, attack] of Object.entries(ATTACKS)) {
      const made = writeHtml(attack)
      if (!made) continue
      // Cleaned again: what a parser makes of it is no worse.
      for (const html of [made.html, writeHtml(made.html)?.html ?? '']) assert.doesNotMatch(html, DANGER, name)
    }
  })
  it('refuses what is more than browsers show at once', () => {
    assert.equal(writeHtml('<b>'.repeat(300)), undefined)
  })
})
