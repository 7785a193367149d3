/** One thing that `config check` looked at. `error`: it will not work; `warning`: it will, and may not be what was meant. */
export interface Finding {
  readonly level: 'error' | 'warning' | 'ok'
  /** file, or what else it is about */
  readonly about: string
  readonly text: string
}

const SIGNS = { error: 'ERROR  ', warning: 'WARNING', ok: 'ok     ' } as const

export const findingLine = ({ level, about, text }: Finding): string => `${SIGNS[level]} ${about}: ${text}`

export const ok = (about: string, text: string): Finding => ({ level: 'ok', about, text })
export const warning = (about: string, text: string): Finding => ({ level: 'warning', about, text })
export const error = (about: string, text: string): Finding => ({ level: 'error', about, text })
