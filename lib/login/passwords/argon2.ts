import * as argon2 from '@node-rs/argon2'

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const hashArgon2 = async (password: string): Promise<string> => `{ARGON2ID}${await argon2.hash(password, COST)}`

const optionsOf = (value: string): argon2.Options | undefined => {
  try {
    return argon2.parseOptions(value)
  } catch {
    return undefined
  }
}

/** Whether `$argon2id$...` can be read. */
export const isArgon2 = (value: string): boolean => (optionsOf(value)?.memoryCost ?? 0) > 0

/** It costs at least what ours cost. */
export function isStrongArgon2(value: string): boolean {
  const { memoryCost = 0, timeCost = 0 } = optionsOf(value) ?? {}
  return value.startsWith('$argon2id$') && memoryCost >= COST.memoryCost && timeCost >= COST.timeCost
}
