import assert from 'node:assert/strict'
import { htmlShape, MOST_DEPTH, MOST_ELEMENTS } from '../../lib/mime/text/html-shape'

describe('shape of HTML', () => {
  for (const [what, html, elements, depth] of [
    // <html>, <head> and <body> are always there.
    ['nothing', '', 3, 2],
    ['paragraphs that are left open', '<p>a<p>b<p>c', 6, 3],
    ['items that are left open', '<ul><li>a<li>b<li>c</ul>', 7, 4],
    ['cells that are left open', '<table><tr><td>a<td>b<tr><td>c', 10, 6],
    ['what has no end', '<br><br><img><hr>', 7, 3],
    ['what really is deep', '<div>'.repeat(50), 53, 52],
    ['what ends inside of a cell and does not', '<div><table><tr><td></div>'.repeat(20), 103, 102],
    ['what is opened anew in each paragraph', '<p><b><i>a<p>b<p>c', 12, 5],
  ] as const) {
    it(`counts ${what}`, () => {
      const shape = htmlShape(html)
      assert.deepEqual([shape.elements, shape.depth, shape.heavy], [elements, depth, false])
    })
  }
  for (const [what, html] of [
    ['deep', '<b>'.repeat(300_000)],
    ['deep, ended where it does not end', '<b><div></b>'.repeat(80_000)],
    ['deep in another namespace', '<svg>'.repeat(200_000)],
    ['deep in a template', '<template>'.repeat(100_000)],
    ['long', '<br>'.repeat(60_000)],
    [
      'of formats that each paragraph opens anew',
      `<p>${Array.from({ length: 100 }, (_, id) => `<b id=${id}>`).join('')}${'<p>x'.repeat(2000)}`,
    ],
    [
      'of one element with very many attributes',
      `<a ${Array.from({ length: 50_000 }, (_, id) => `a${id}`).join(' ')}>`,
    ],
    ['of style', `<style>${'p{}'.repeat(200_000)}</style>`],
  ] as const) {
    it(`says that HTML is heavy which is ${what}`, () => {
      const { heavy, elements, depth } = htmlShape(html)
      assert.equal(heavy, true)
      assert.ok(elements <= MOST_ELEMENTS + 1 && depth <= MOST_DEPTH + 1, 'it stopped there')
    })
  }
  it('tells which pictures of the message are shown', () => {
    const html =
      '<img src="cid:a%40b"><img src=CID:c><img src="cid:%"><img alt="cid:no"><p background="cid:no" style="background:url(cid:no)">'
    assert.deepEqual(htmlShape(html).contentIds, ['a@b', 'c', '%'])
  })
})
