import assert from 'node:assert/strict'
import fc from 'fast-check'
import { htmlText } from '../../lib/mime/text/html-text'

const reading = (html: string): string => htmlText(html, { as: 'reading' }).text
const index = (html: string): string => htmlText(html, { as: 'index' }).text

describe('text of HTML', () => {
  const rows: readonly (readonly [what: string, html: string, text: string])[] = [
    [
      'has lines, items and paragraphs',
      '<div>Dear Ann,</div><div>one<br>two</div><ul><li>red</li><li>blue</li></ul><p>Bye</p>',
      'Dear Ann,\none\ntwo\n\n- red\n- blue\n\nBye',
    ],
    [
      'has items whose end tags are left out, lists inside lists, and numbers',
      '<ul><li>a<li>b<ul><li>c<br>d</ul><li>e</ul><ol start=3><li>f<li>g</ol>',
      '- a\n- b\n  - c\n    d\n- e\n\n3. f\n4. g',
    ],
    ['keeps words apart at blocks and cells', '<td>a</td><td>b</td><tr><td>c<div>d</div>e', 'a\tb\nc\nd\ne'],
    ['keeps words whole at inline elements', 'a<b>b</b>c <i> d</i>', 'abc d'],
    [
      'knows all entities',
      '&Eacute;t&eacute; &bull; &laquo;ma&ntilde;ana&raquo; &CounterClockwiseContourIntegral;',
      'Été • «mañana» ∳',
    ],
    ['reads numbers as browsers do', '&#8364;&#x20AC;&#146;&#0;&#xd800;&amp;lt;', '€€’\ufffd\ufffd&lt;'],
    ['does not end a tag in a quoted attribute', '<img alt="5 > 4" src=x>a<a title=\'>\'>b</a>', 'ab'],
    ['takes a lone less-than sign for text', '1 < 2 <3', '1 < 2 <3'],
    [
      'leaves out what browsers do not show',
      '<head><title>t</title><style>p{}</style></head><script>s</script><template>u<p>v</template><noscript>w</noscript><!-- > --><p>x',
      'x',
    ],
    ['leaves out the title of a picture, not what stands after it', '<svg><title>t</title></svg>a', 'a'],
    ['keeps the lines of pre', '<pre>\n  a\n\n    b</pre>c', '  a\n\n    b\n\nc'],
    ['makes one empty line of many', 'a<br><br><br><br>b<p>&nbsp;</p><p></p><p>&nbsp;</p>c', 'a\n\nb\n\nc'],
    [
      'keeps letters that are joined',
      'می\u200cخواهم \u{1f468}\u200d\u{1f469}',
      'می\u200cخواهم \u{1f468}\u200d\u{1f469}',
    ],
    ['drops fillers', 'so&shy;ft&#847; &zwnj; &nbsp;&#8203;&#847; &zwnj;', 'soft'],
    ['reads conditions of old mail programs', '<!--[if mso]>no<![endif]--><![if !mso]>yes<![endif]>', 'yes'],
  ]
  for (const [what, html, text] of rows) {
    it(what, () => {
      assert.equal(reading(html), text)
      assert.equal(index(html), text)
    })
  }

  it('tells where links lead when it is for people', () => {
    const html =
      '<a href="https://a.example/?x=1&amp;y">here</a>, <a href="http://b.example/">b.example</a>, <a href=mailto:c@d.example>C</a>, <a href="javascript:x">e</a>, <a href="#f">f</a>'
    assert.equal(reading(html), 'here <https://a.example/?x=1&y>, b.example, C <c@d.example>, e, f')
    assert.equal(index(html), 'here, b.example, C, e, f')
    assert.equal(
      reading('<a href=https://g.example><img alt="Shop now"></a><a href=https://h.example><img></a>'),
      'Shop now <https://g.example>',
    )
  })
  it('marks quotes when it is for people', () => {
    assert.equal(
      reading('a<blockquote><p>b</p><blockquote>c</blockquote>d</blockquote>e'),
      'a\n\n> b\n>\n> > c\n>\n> d\n\ne',
    )
    assert.equal(index('a<blockquote>b</blockquote>c'), 'a\n\nb\n\nc')
  })
  it('leaves out what is hidden when it is for people; previews are made of it', () => {
    const html =
      '<div style="color:red; DISPLAY : none !important">a<div>b</div></div>c<span hidden>d</span><p hidden>e<p>f'
    assert.equal(reading(html), 'c\n\ne\n\nf')
    assert.equal(index(html), 'a\nb\ncd\n\ne\n\nf')
  })

  it('says when it was cut, and by what', () => {
    assert.deepEqual(htmlText('abc', { as: 'index', mostInput: 3 }), { text: 'abc', cut: false })
    assert.deepEqual(htmlText('abcd', { as: 'index', mostInput: 3 }), { text: 'abc', cut: true })
    assert.deepEqual(htmlText('<p>abc<p>d', { as: 'index', mostText: 3 }), { text: 'abc', cut: true })
    assert.equal(htmlText('<svg>'.repeat(3000), { as: 'index' }).cut, true)
    assert.equal(htmlText('a'.repeat(100_000), { as: 'index', time: -1 }).cut, true)
  })
  it('takes anything, and makes no more text than it may', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '</', '<!--', '-->', '"', "'", '=', '&', ';', '&#', '\0', '\r\n', '\u00a0', '\ud800'),
      fc.constantFrom(
        '<p>',
        '<b',
        '</b>',
        '<ul>',
        '</ul>',
        '<li>',
        '<ol start=-9>',
        '<a href=http://a>',
        '</a>',
        '<pre>',
        '</pre>',
      ),
      fc.constantFrom(
        '<td>',
        '<table>',
        '<svg>',
        '</svg>',
        '<desc>',
        '<math>',
        '<template>',
        '</template>',
        '<title>',
        '<blockquote>',
        '<div hidden>',
      ),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const html = pieces.join('')
        for (const as of ['reading', 'index'] as const) {
          assert.ok(htmlText(html, { as, mostText: 50 }).text.length <= 50)
          assert.equal(htmlText(html, { as }).cut, false)
        }
      }),
    )
  })
})
