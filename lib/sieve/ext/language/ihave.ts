import type { Extension } from '../../extension'

/**
 * RFC 5463: a script asks what there is. What it then uses without having it is a mistake only when it runs: see `lenient` in
 * lib/sieve/parse.ts.
 */
export const IHAVE = 'ihave'

export const ihave: Extension = {
  capability: IHAVE,
  rfc: 'RFC 5463',
  tests: {
    ihave: {
      positional: ['strings'],
      // RFC 5463 4: from here on the script has them.
      check: ({ positional: [names] }, check) => {
        for (const name of [names ?? []].flat().map(String)) if (check.isBuilt(name)) check.require(name)
      },
      test: ({ positional: [names] }, run) => run.sayAll(names).every((name) => run.script.required.has(name)),
    },
  },
  commands: {
    error: {
      positional: ['string'],
      run: ({ positional: [why] }, run) => {
        throw new Error(run.say(why))
      },
    },
  },
}
