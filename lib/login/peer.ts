import type { LoginPeer, LoginProtocol } from './login'

/** What the login door wants to know of a connection. */
interface Reachable {
  readonly id: string
  readonly address: string
  readonly proxy: string | undefined
  readonly secure: boolean
  channelBindings(): Readonly<Record<string, Buffer>>
  certificateNames(): readonly string[]
}

/** The peer of a connection, made anew only after STARTTLS or when a front-end told another address. */
export function peerOf(
  protocol: LoginProtocol,
  connection: Reachable,
  more: Pick<LoginPeer, 'mailboxInName'> = {},
): () => LoginPeer {
  let peer: LoginPeer | undefined
  return () => {
    if (peer?.tls === connection.secure && peer.address === connection.address) return peer
    peer = {
      protocol,
      ...more,
      address: connection.address,
      ...(connection.proxy !== undefined && { proxy: connection.proxy }),
      tls: connection.secure,
      connection: connection.id,
      ...(connection.secure && {
        channelBindings: connection.channelBindings(),
        certificateNames: connection.certificateNames(),
      }),
    }
    return peer
  }
}
