/** The test framework's words, so that the suite depends on none. */
export interface Framework {
  describe(title: string, body: () => void): void
  it(title: string, body: () => Promise<void>): void
  before(body: () => Promise<void>): void
  after(body: () => Promise<void>): void
}
