import { defineJob } from '../../work/job'
import type { Part } from '../prepared'
import { htmlShape } from './html-shape'
import { type HtmlText, htmlText } from './html-text'
import { partText } from './text'

/** A leaf of text/html with its octets, from `bodyStart` to `bodyEnd`. */
export interface HtmlPart {
  readonly part: Part
  readonly octets: Uint8Array
  /** characters of text at most */
  readonly mostText: number
}

export interface HtmlBody extends HtmlText {
  readonly elements: number
  readonly depth: number
  readonly heavy: boolean
  readonly contentIds: readonly string[]
}

const sourceOf = ({ part, octets }: HtmlPart): string => partText(part, Buffer.from(octets))

/** What a page must know of an HTML part before it shows it. @public the pool finds it by its name */
export function readHtml(input: HtmlPart): HtmlBody {
  const html = sourceOf(input)
  return { ...htmlText(html, { as: 'reading', mostText: input.mostText }), ...htmlShape(html) }
}

/** Octets and elements of what is read in a few milliseconds. A few octets can be very many elements. */
const SMALL = 16 * 1024
const FEW = 2000

/** The same of what is small, at once; undefined for what is not. */
export function readSmallHtml(input: HtmlPart): HtmlBody | undefined {
  if (input.octets.length > SMALL) return undefined
  const html = sourceOf(input)
  const shape = htmlShape(html, FEW)
  return shape.heavy ? undefined : { ...htmlText(html, { as: 'reading', mostText: input.mostText }), ...shape }
}

const MEGABYTE = 1024 * 1024
export const readHtmlJob = defineJob(__filename, readHtml, {
  time: 3000,
  octetsIn: 40 * MEGABYTE,
  octetsOut: 10 * MEGABYTE,
})
