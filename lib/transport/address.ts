import { isIP, SocketAddress } from 'node:net'

/** One spelling for each IPv6 address (RFC 5952), as Node gives it too: addresses are compared and counted as text. */
export const canonicalAddress = (address: string): string =>
  isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address
