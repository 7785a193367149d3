import type { Application, Request, Response } from 'express'
import { metadataAddress, resourceMetadata } from '../login/sasl/resource'
import type { OAuthSettings } from '../login/settings'
import type { Service } from '../web/clients'
import { smallBody } from '../web/kernel/body/small'
import type { WebRoom } from '../web/web'
import { addressAsked, mozillaConfig, outlookConfig } from './documents'

/** Octets of an Autodiscover request; Outlook's has some 400. */
const MOST = 8192

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

/** autoconfig.example.org and autodiscover.example.org are names of the domain's own. Express has none where the client named no host. */
const hostDomain = ({ hostname }: { readonly hostname: string | undefined }): string =>
  hostname?.toLowerCase().replace(/^(?:autoconfig|autodiscover)\./, '') ?? ''

function send(response: Response, document: string): void {
  response.set('Cache-Control', 'public, max-age=3600').type('application/xml').send(document)
}

/**
 * What mail programs ask to set themselves up by the address alone. The answer is the same for every address, whether there is such
 * an account or not.
 */
export const createAutoconfig = (services: readonly Service[], oauth?: OAuthSettings): WebRoom => ({
  mount(app: Application) {
    const mozilla = (request: Request, response: Response): void => {
      const asked = request.query.emailaddress
      const domain = typeof asked === 'string' && asked.includes('@') ? domainOf(asked) : hostDomain(request)
      if (domain === '') response.status(400).type('text/plain').send('There is no domain')
      else send(response, mozillaConfig(domain, services))
    }
    // RFC 9728 3.1, 3.2
    if (oauth && oauth.resource !== '') {
      const metadata = JSON.stringify(resourceMetadata(oauth))
      app.get(new URL(metadataAddress(oauth.resource)).pathname, (_request, response) => {
        response.set('Cache-Control', 'public, max-age=3600').type('application/json').send(metadata)
      })
    }
    app.get('/mail/config-v1.1.xml', mozilla)
    app.get('/.well-known/autoconfig/mail/config-v1.1.xml', mozilla)
    async function outlook(request: Request, response: Response): Promise<void> {
      const address = addressAsked(await smallBody(request, response, MOST))
      if (address === undefined) response.status(400).type('text/plain').send('There is no EMailAddress')
      else send(response, outlookConfig(address, services))
    }
    app.post(['/autodiscover/autodiscover.xml', '/Autodiscover/Autodiscover.xml'], (request, response) => {
      void outlook(request, response)
    })
  },
})
