import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ok } from '../lib/terms/fault'
import { type Kit, Wire } from './kit'

/**
 * Transcripts: text files of a behaviour.
 *   # the rule that it proves
 *   given alice INBOX: first | second          messages (their subjects), delivered before
 *   administrator alice                         that account may administer
 *   power cut                                   what is open goes on with a store that had one
 *   1C a1 LOGIN alice pass                      connection 1 sends
 *   1S a1 OK                                    connection 1 receives a line that starts like this
 *   1S * SEARCH 1 2$                            ... or is this, with $ at the end
 * `<n>` stands for a number, `<any>` for anything; `<x=n>` is a number and `<x=id>` an object id
 * that later lines call `<x>`. Lines that no S line names are passed over when an S line starts with
 * a tag; untagged S lines must come in this order. `\r\n` is a line end inside a line. Text goes as UTF-8, `<ff>` is that
 * octet, `<<text>>` is text as a literal.
 */
export interface Transcript {
  readonly title: string
  readonly lines: readonly string[]
}

export function readTranscripts(file: string): Transcript[] {
  return readFileSync(file, 'utf8')
    .split(/^(?=# )/m)
    .filter((text) => text.startsWith('# '))
    .map((text) => {
      const [title = '', ...lines] = text.split('\n')
      return { title: title.slice(2), lines: lines.filter((line) => line.trim() !== '') }
    })
}

function patternOf(expected: string): RegExp {
  const whole = expected.endsWith('$')
  const source = (whole ? expected.slice(0, -1) : expected)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\\\r\\\\n', '\\r\\n')
    .replace(/<n>/g, '\\d+')
    .replace(/<(\w+)=n>/g, '(?<$1>\\d+)')
    .replace(/<(\w+)=id>/g, '(?<$1>[\\w-]+)')
    .replace(/<any>/g, '.*')
  return new RegExp(`^${source}${whole ? '\\r\\n' : '[^\\r\\n]*\\r\\n'}`, 'm')
}

/** @param chunk `whole`, or `bytes`: one octet at a time */
export async function play(kit: Kit, port: number, { lines }: Transcript, chunk: 'whole' | 'bytes'): Promise<void> {
  const wires = new Map<string, Wire>()
  const known = new Map<string, string>()
  const wireOf = async (name: string): Promise<Wire> => {
    const found = wires.get(name)
    if (found) return found
    const made = new Wire(port)
    wires.set(name, made)
    await made.until(/^(\* OK|\+OK|OK).*\r\n/m)
    return made
  }
  try {
    for (const line of lines) {
      if (line === 'power cut') {
        assert.ok(kit.powerCut)
        await kit.powerCut()
        continue
      }
      const administrator = /^administrator (\S+)$/.exec(line)?.[1]
      if (administrator !== undefined) {
        const account = await kit.store.accounts.find(administrator)
        assert.ok(account)
        await kit.store.accounts.update(account.id, () => ok({ admin: true }))
        continue
      }
      const given = /^given (\S+) (\S+): (.*)$/.exec(line)
      if (given) {
        const [, user = '', , subjects = ''] = given
        const id = (await kit.store.accounts.find(user))?.id ?? (await kit.account(user))
        const texts = subjects.split(' | ').filter((subject) => subject !== '')
        await kit.deliver(
          id,
          ...texts.map(
            (subject) => `From: ${subject} <${subject}@example.net>\nSubject: ${subject}\n\nbody of ${subject}\n`,
          ),
        )
        continue
      }
      const step = /^(\d)([CS]) (.*)$/.exec(line)
      assert.ok(step, `not understood: ${line}`)
      const [, name = '', direction, raw = ''] = step
      const text = Buffer.from(raw.replace(/<(\w+)>/g, (whole, variable: string) => known.get(variable) ?? whole))
        .toString('latin1')
        .replace(/<([0-9a-f]{2})>/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      const wire = await wireOf(name)
      if (direction === 'C') {
        const line = text.replaceAll('\\r\\n', '\r\n')
        const octets = `${line.replace(/<<([\s\S]*?)>>/g, (_whole, data: string) => `{${data.length}+}\r\n${data}`)}\r\n`
        if (chunk === 'whole') wire.send(octets)
        else for (const octet of octets) wire.send(octet)
      } else {
        const pattern = patternOf(text)
        const { groups = {} } = pattern.exec(await wire.until(pattern)) ?? {}
        for (const [variable, value] of Object.entries(groups)) known.set(variable, value)
      }
    }
  } finally {
    for (const wire of wires.values()) wire.close()
  }
}
