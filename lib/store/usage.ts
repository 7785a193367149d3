/** What an account has. */
export interface Usage {
  /** sum of the sizes of all messages in all mailboxes, a copy counts again */
  readonly bytes: number
  readonly messages: number
}
