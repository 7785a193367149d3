/** Packages of Haraka that ship without types. */
declare module 'haraka-config' {
  interface Config {
    get(name: string, type?: string | object): unknown
    module_config(defaults: string, overrides?: string): Config
  }
  const config: Config
  export = config
}
declare module 'haraka-constants' {
  const constants: { readonly cont: number; readonly deny: number; readonly denysoft: number; readonly ok: number }
  export = constants
}
declare module 'haraka-notes' {
  class Notes {
    get(path: string): unknown
    set(path: string, value: unknown): void
  }
  export = Notes
}
declare module 'haraka-results' {
  class ResultStore {
    constructor(connection: object)
  }
  export = ResultStore
}
declare module 'haraka-dsn' {
  const DSN: { create(code: number, text: string, subject: number, detail: number): object }
  export = DSN
}
