/**
 * Queues a message for addresses elsewhere, which aliases and rules want. Resolves when it is on the disk there.
 * @param sender empty: the null sender
 */
export type Forward = (sender: string, recipients: readonly string[], octets: Buffer) => Promise<void>
