import type { DirectoryEntry } from '../directory'
import type { LoginAnswer, LoginPeer, SaslExchange, SaslStep } from '../login'
import { bearerExchange } from './bearer'
import type { SaslPorts } from './ports'
import { scramExchange } from './scram'

const done = (answer: LoginAnswer): SaslStep => ({ kind: 'done', answer })
const challenge = (text: string): SaslStep => ({ kind: 'challenge', octets: Buffer.from(text) })
const sameName = (a: string, b: string): boolean =>
  a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase()

/** RFC 4616 2: `[authzid] NUL authcid NUL passwd`, UTF-8 */
function plain(peer: LoginPeer, { byPassword }: SaslPorts): SaslExchange {
  return {
    step: async (response) => {
      if (response === undefined) return challenge('')
      const [authzid = '', authcid = '', passwd = '', ...more] = response.toString('utf8').split('\0')
      // Acting for somebody else is not offered; what breaks the grammar is a wrong password as far as anybody can tell.
      const right = passwd !== '' && more.length === 0 && (authzid === '' || sameName(authzid, authcid))
      return done(await byPassword(peer, authcid, right ? passwd : '', 'PLAIN'))
    },
  }
}

/** draft-murchison-sasl-login: two prompts; the name may come as initial response. */
function login(peer: LoginPeer, { byPassword }: SaslPorts): SaslExchange {
  let user: string | undefined
  return {
    step: async (response) => {
      if (response === undefined) return challenge('Username:')
      if (user !== undefined) return done(await byPassword(peer, user, response.toString('utf8'), 'LOGIN'))
      user = response.toString('utf8')
      return challenge('Password:')
    },
  }
}

/** RFC 4422 A: the first whom the client's certificate names; an authorization identity may only choose among these. */
function external(peer: LoginPeer, { admit }: SaslPorts): SaslExchange {
  return {
    step: async (response) => {
      if (response === undefined) return challenge('')
      const names = peer.certificateNames ?? []
      const asked = response.toString('utf8')
      const chosen = asked === '' ? names[0] : names.find((name) => sameName(name, asked))
      const right = chosen !== undefined
      const name = chosen ?? names[0] ?? ''
      const check = async (entry: DirectoryEntry | undefined) => ({ right: right && entry !== undefined })
      return done(await admit(peer, { user: name, mechanism: 'EXTERNAL', password: '', distinct: asked, check }))
    },
  }
}

export function createSasl(ports: SaslPorts): (peer: LoginPeer, mechanism: string) => SaslExchange | undefined {
  return (peer, mechanism) => {
    switch (mechanism) {
      case 'PLAIN':
        return plain(peer, ports)
      case 'LOGIN':
        return login(peer, ports)
      case 'EXTERNAL':
        return external(peer, ports)
      case 'OAUTHBEARER':
      case 'XOAUTH2':
        return ports.verifyToken && bearerExchange(peer, ports, ports.verifyToken, mechanism)
      case 'SCRAM-SHA-1':
      case 'SCRAM-SHA-1-PLUS':
        return scramExchange(peer, ports, 'sha1', mechanism)
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-256-PLUS':
        return scramExchange(peer, ports, 'sha256', mechanism)
      default:
        return undefined
    }
  }
}
