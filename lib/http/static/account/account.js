import { applyTheme, boot, loggedOut, session } from '../app.js'
import { del, get, post } from '../base/api.js'
import { confirmBox, dialog, exactTime, field, fill, h, programName, toast } from '../base/dom.js'

const value = (label) => label.querySelector('input').value
const password = (label = 'Password') =>
  field(label, { type: 'password', autocomplete: 'current-password', required: true })

/** A form in a panel; an error stays beside it. */
export function form(fields, label, run) {
  const message = h('p', { class: 'form-error', role: 'alert' })
  const button = h('button', { type: 'submit', class: 'primary' }, label)
  const element = h(
    'form',
    {
      class: 'panel-form',
      onsubmit: async (event) => {
        event.preventDefault()
        button.disabled = true
        message.textContent = ''
        try {
          if ((await run()) !== false) element.reset()
        } catch (error) {
          message.textContent = error.message
        } finally {
          button.disabled = false
        }
      },
    },
    h('div', { class: 'inline-form' }, fields, button),
    message,
  )
  return element
}

export const showSecret = (title, secret, note) =>
  dialog(title, (close) => [
    h('p', {}, note),
    h('p', { class: 'secret' }, secret),
    h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'primary', onclick: () => close() }, 'Done')),
  ])

const showCodes = (codes) =>
  showSecret(
    'Recovery codes',
    codes.join('\n'),
    'Keep these where you find them when the phone is lost: each stands in for a code, once. They are shown once.',
  )

/** Dark on white in every theme: cameras want it so. */
function qrPicture(rows) {
  const NS = 'http://www.w3.org/2000/svg'
  const side = rows.length + 8
  const svg = document.createElementNS(NS, 'svg')
  svg.setAttribute('viewBox', `0 0 ${side} ${side}`)
  svg.setAttribute('class', 'qr')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', 'QR code of the key')
  const path = document.createElementNS(NS, 'path')
  const dark = rows.flatMap((row, y) => [...row].map((one, x) => (one === '1' ? `M${x + 4} ${y + 4}h1v1h-1z` : '')))
  path.setAttribute('d', dark.join(''))
  svg.append(path)
  return svg
}

/** A `>` before the text: a column of numbers. */
const heading = (head) =>
  head.startsWith('>') ? h('th', { scope: 'col', class: 'number' }, head.slice(1)) : h('th', { scope: 'col' }, head)

export function table(heads, rows, empty) {
  if (rows.length === 0) return h('p', { class: 'muted' }, empty)
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, heads.map(heading))),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => (cell instanceof Node && cell.tagName === 'TD' ? cell : h('td', {}, cell))),
          ),
        ),
      ),
    ),
  )
}

export async function accountView() {
  const { me } = session
  const sessionsBox = h('div', {})
  const keysBox = h('div', { class: 'panel-list' })
  const totpBox = h('div', { class: 'panel-list' })

  async function drawSessions() {
    const { sessions } = await get('/sessions')
    fill(
      sessionsBox,
      table(
        ['Program', 'Address', 'Since', 'Last used', ''],
        sessions.map((one) => [
          programName(one.label),
          one.address,
          exactTime(one.createdAt),
          exactTime(one.activeAt),
          one.current
            ? h('span', { class: 'tag good' }, 'this one')
            : h(
                'button',
                { type: 'button', onclick: async () => (await del(`/sessions/${one.id}`), drawSessions()) },
                'End',
              ),
        ]),
        'None.',
      ),
    )
  }
  async function drawKeys() {
    const { appPasswords, tokens } = await get('/account/keys')
    const rows = [
      ...appPasswords.map((one) => [
        one.label,
        'app password',
        one.protocols.join(' ') || 'all',
        exactTime(one.createdAt),
        h(
          'button',
          { type: 'button', onclick: async () => (await del(`/account/app-passwords/${one.id}`), drawKeys()) },
          'Take away',
        ),
      ]),
      ...tokens.map((one) => [
        one.label,
        'API token',
        one.scopes.join(' '),
        exactTime(one.createdAt),
        h(
          'button',
          { type: 'button', onclick: async () => (await del(`/account/tokens/${one.id}`), drawKeys()) },
          'Take away',
        ),
      ]),
    ]
    fill(keysBox, table(['Name', 'Kind', 'For', 'Since', ''], rows, 'None yet.'))
  }
  async function drawTotp() {
    if (me.totp) {
      const pass = password()
      const codeField = () => field('Code', { inputmode: 'numeric', autocomplete: 'one-time-code', required: true })
      const code = codeField()
      const codesPass = password()
      const codesCode = codeField()
      return fill(
        totpBox,
        h('p', {}, h('span', { class: 'tag good' }, 'on'), 'A code of your authenticator app is asked for at login.'),
        form([pass, code], 'Turn off', async () => {
          await del('/account/totp', { password: value(pass), code: value(code) })
          await boot()
        }),
        h('h3', {}, 'New recovery codes'),
        form([codesPass, codesCode], 'Make', async () => {
          const given = { password: value(codesPass), code: value(codesCode) }
          await showCodes((await post('/account/totp/recovery-codes', given)).recoveryCodes)
        }),
      )
    }
    const start = h('button', { type: 'button', class: 'primary', onclick: () => void offer() }, 'Set up')
    async function offer() {
      const { secret, uri, qr } = await post('/account/totp/offer')
      const pass = password()
      const code = field('Code that the app shows', {
        inputmode: 'numeric',
        autocomplete: 'one-time-code',
        required: true,
      })
      fill(
        totpBox,
        h(
          'p',
          {},
          'Scan this with an authenticator app. On this phone itself, open ',
          h('a', { href: uri }, 'this link'),
          '. Or type the key. Then enter the code that the app shows.',
        ),
        h('div', { class: 'qr-line' }, qrPicture(qr), h('p', { class: 'secret' }, secret.match(/.{4}/g).join(' '))),
        form([code, pass], 'Turn on', async () => {
          const { recoveryCodes } = await post('/account/totp', { password: value(pass), secret, code: value(code) })
          await boot()
          await showCodes(recoveryCodes)
        }),
      )
    }
    fill(
      totpBox,
      me.totpRequired && h('p', { class: 'banner warn' }, 'Administrators need a second factor.'),
      h('p', {}, 'A second factor protects webmail when somebody knows your password.'),
      start,
    )
  }

  const old = password('Password now')
  const next = field('New password', { type: 'password', autocomplete: 'new-password', required: true, minlength: 8 })
  const appName = field('Name of the program', { required: true, maxlength: 100 })
  const appPass = password()
  const tokenName = field('Name', { required: true, maxlength: 100 })
  const tokenScopes = h(
    'select',
    { 'aria-label': 'May' },
    h('option', { value: 'mail:read' }, 'read mail'),
    h('option', { value: 'mail:read mail:write' }, 'read and change mail'),
    h('option', { value: 'mail:read mail:write mail:send' }, 'read, change and send mail'),
    me.administrator && h('option', { value: 'admin' }, 'administer'),
  )
  const tokenPass = password()
  const theme = h(
    'select',
    {
      'aria-label': 'Colours',
      onchange: () => (
        theme.value ? localStorage.setItem('theme', theme.value) : localStorage.removeItem('theme'), applyTheme()
      ),
    },
    h('option', { value: '' }, 'as the system'),
    h('option', { value: 'light' }, 'light'),
    h('option', { value: 'dark' }, 'dark'),
  )
  theme.value = localStorage.getItem('theme') ?? ''

  await Promise.all([drawSessions(), drawKeys(), drawTotp()])
  return {
    name: 'account',
    element: h(
      'main',
      { class: 'page' },
      h(
        'div',
        { class: 'page-inner' },
        h(
          'div',
          { class: 'page-head' },
          h('h1', {}, 'Account'),
          h('span', { class: 'muted' }, me.account),
          h('a', { href: '#/' }, 'Back to mail'),
        ),
        h('section', { class: 'panel' }, h('h2', {}, 'Second factor'), totpBox),
        h(
          'section',
          { class: 'panel' },
          h('h2', {}, 'Password'),
          form(
            [old, next],
            'Change',
            async () => (
              await post('/account/password', { password: value(old), next: value(next) }),
              toast('Changed. Other sessions were ended.'),
              drawSessions()
            ),
          ),
        ),
        h(
          'section',
          { class: 'panel' },
          h('h2', {}, 'Where you are logged in'),
          sessionsBox,
          h(
            'div',
            { class: 'buttons' },
            h(
              'button',
              {
                type: 'button',
                class: 'danger',
                onclick: async () =>
                  (await confirmBox('Log out everywhere', 'All web sessions end, this one too.', 'Log out')) &&
                  (await del('/sessions'), loggedOut()),
              },
              'Log out everywhere',
            ),
          ),
        ),
        h(
          'section',
          { class: 'panel' },
          h('h2', {}, 'Passwords for programs'),
          keysBox,
          h('h3', {}, 'New app password'),
          form([appName, appPass], 'Make', async () => {
            const made = await post('/account/app-passwords', { label: value(appName), password: value(appPass) })
            await drawKeys()
            await showSecret('App password', made.password, 'For IMAP, POP3 and sending. It is shown once.')
          }),
          h('h3', {}, 'New API token'),
          form(
            [tokenName, h('label', { class: 'field' }, h('span', {}, 'May'), tokenScopes), tokenPass],
            'Make',
            async () => {
              const made = await post('/account/tokens', {
                label: value(tokenName),
                scopes: tokenScopes.value.split(' '),
                password: value(tokenPass),
              })
              await drawKeys()
              await showSecret('API token', made.token, 'Send it as Authorization: Bearer. It is shown once.')
            },
          ),
        ),
        h(
          'section',
          { class: 'panel' },
          h('h2', {}, 'Looks'),
          h('label', { class: 'field' }, h('span', {}, 'Colours'), theme),
        ),
      ),
    ),
  }
}
