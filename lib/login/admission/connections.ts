/** A SCRAM failure of this connection. */
export interface Proof {
  readonly at: number
  /** false: it was barred, and so is no reason to leave what follows uncounted */
  readonly counted: boolean
  readonly user: string
  readonly mechanism: string
  /** other SCRAM mechanisms that came after it and were not counted: one each */
  readonly followers: Set<string>
  /** whether the client proved with this password */
  provedWith(password: string): Promise<boolean>
}

const MAX = 5000
const KEEP = 5 * 60_000

/**
 * What failed on a connection by SCRAM, so that one click of a client that tries its mechanisms in turn counts once
 * (Thunderbird tries SCRAM, then PLAIN, then LOGIN with the same password). Forgets by time and by number.
 */
export function createConnections() {
  const proofs = new Map<string, Proof[]>()

  return {
    add(connection: string, proof: Proof): void {
      const list = proofs.get(connection) ?? []
      proofs.delete(connection)
      proofs.set(connection, [...list, proof].slice(-3))
      for (const [id, [oldest]] of proofs) {
        if (proofs.size <= MAX && oldest && proof.at - oldest.at < KEEP) break
        proofs.delete(id)
      }
    },
    of: (connection: string, user: string): readonly Proof[] =>
      (proofs.get(connection) ?? []).filter((proof) => proof.user === user),
    /** The credential is known by its password now; it is compared as such from here on. */
    settle(connection: string, proof: Proof): void {
      proofs.set(
        connection,
        (proofs.get(connection) ?? []).filter((other) => other !== proof),
      )
    },
  }
}
