import { type Extension, type Run, slot } from '../../extension'
import { type Included, textOf, textsOf, type Value } from '../../values'
import { globalsOf, inOwnScope, makeGlobal } from './variables'

/** RFC 6609 3.2: levels of scripts in scripts, and scripts that a run takes in. */
const DEPTH = 10
const MOST = 50

interface Inclusion {
  /** those that are running, outermost first */
  readonly running: string[]
  readonly done: Set<string>
  count: number
}
const inclusionOf = slot((): Inclusion => ({ running: [], done: new Set(), count: 0 }))

const wantedOf = (tags: ReadonlyMap<string, Value>, name: Value | undefined): Included => ({
  location: tags.has('global') ? 'global' : 'personal',
  name: textOf(name).normalize('NFC'),
})

function include(wanted: Included, tags: ReadonlyMap<string, Value>, run: Run) {
  const { running, done } = inclusionOf(run)
  const key = `${wanted.location} ${wanted.name}`
  if (tags.has('once') && done.has(key)) return undefined
  if (running.includes(key)) throw new Error(`the script ${wanted.name} includes itself`)
  if (running.length >= DEPTH || ++inclusionOf(run).count > MOST) throw new Error('too many scripts are included')
  const script = run.world.script(wanted)
  if (script === undefined && tags.has('optional')) return undefined
  if (script === undefined) throw new Error(`there is no ${wanted.location} script ${wanted.name} to include`)
  if (script instanceof Error) throw new Error(`the script ${wanted.name}: ${script.message}`)
  running.push(key)
  done.add(key)
  const left = inOwnScope(run, () => run.call(script))
  running.pop()
  // RFC 6609 3.3: `return` ends the script that says it, `stop` all of them.
  return left?.kind === 'return' ? undefined : left
}

export const includeExtension: Extension = {
  capability: 'include',
  rfc: 'RFC 6609',
  commands: {
    include: {
      positional: ['string'],
      tags: { personal: {}, global: {}, once: {}, optional: {} },
      exclusive: [['personal', 'global']],
      check: ({ tags, positional: [name] }, check) => {
        // RFC 6609 3.2: a constant string
        if (!check.constant(textOf(name)) || textOf(name) === '') check.fail('include takes the name of a script')
        check.include(wantedOf(tags, name))
      },
      run: ({ tags, positional: [name] }, run) => include(wantedOf(tags, name), tags, run),
    },
    return: { positional: [], run: () => ({ kind: 'return' }) },
    // RFC 6609 3.4.1
    global: {
      positional: ['strings'],
      check: ({ positional: [names] }, { has, fail }) => {
        if (!has('variables')) fail('global needs require "variables"')
        for (const name of textsOf(names)) if (!/^[a-z_]\w*$/i.test(name)) fail(`${name} is no name of a variable`)
      },
      run: ({ positional: [names] }, run) => {
        for (const name of textsOf(names)) makeGlobal(run, name)
        return undefined
      },
    },
  },
  // RFC 6609 3.4.2
  namespaces: { global: globalsOf },
}
