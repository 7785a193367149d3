import { form, showSecret, table } from '../account/account.js'
import { boot } from '../app.js'
import { del, get, patch, post } from '../base/api.js'
import { bytes, confirmBox, dialog, exactTime, field, fill, h, iconButton, programName, toast } from '../base/dom.js'

const TABS = {
  overview: 'Overview',
  accounts: 'Accounts',
  sessions: 'Sessions and locks',
  lockouts: 'Lockouts',
  deliveries: 'Deliveries',
  audit: 'Audit trail',
}
const PROTOCOLS = ['imap', 'pop3', 'smtp', 'http', 'sieve']
const SVG = 'http://www.w3.org/2000/svg'
const value = (label) => label.querySelector('input').value
const button = (label, run, kind = '') => h('button', { type: 'button', class: kind, onclick: () => void run() }, label)
const when = (at) => h('span', { class: 'when' }, exactTime(at))
const number = (text) => h('td', { class: 'number' }, String(text))

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, text] of Object.entries(attributes)) element.setAttribute(name, text)
  element.append(...children)
  return element
}

/** Good above, bad below the line, an hour a bar. `say` tells an hour, or their sum, in words. */
function hoursChart(given, up, down, say) {
  const hours = given.map((one) => ({ ...one, granted: one[up], refused: one[down] ?? 0 }))
  const most = Math.max(1, ...hours.map(({ granted, refused }) => Math.max(granted, refused)))
  const width = 480
  const step = width / hours.length
  const bars = hours.flatMap(({ at, granted, refused }, index) => {
    const bar = (kind, count, y) => {
      const tall = (count / most) * 50
      const rect = svg('rect', {
        class: kind,
        x: index * step + 1.5,
        y: y === 'up' ? 56 - tall : 58,
        width: step - 3,
        height: tall,
        rx: 1.5,
      })
      rect.append(svg('title', {}, `${new Date(at).getHours()}:00: ${say(granted, refused)}`))
      return rect
    }
    return [bar('granted', granted, 'up'), bar('refused', refused, 'down')]
  })
  const total = (name) => hours.reduce((sum, hour) => sum + hour[name], 0)
  const labels = h(
    'div',
    { class: 'chart-labels', 'aria-hidden': 'true' },
    hours.filter((_hour, index) => index % 4 === 0).map(({ at }) => h('span', {}, `${new Date(at).getHours()}:00`)),
  )
  const chart = svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${width} 114`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `Last 24 hours: ${say(total('granted'), total('refused'))}`,
    },
    svg('line', { x1: 0, x2: width, y1: 57, y2: 57 }),
    ...bars,
  )
  return h('div', {}, chart, labels)
}
function barLine(label, amount, share) {
  const bar = svg(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'back', width: 100, height: 8, rx: 1 }),
    svg('rect', { width: Math.max(0.5, share * 100), height: 8, rx: 1 }),
  )
  return h('div', { class: 'bar-line' }, h('span', { class: 'name' }, label), h('span', {}, amount), bar)
}
const barLines = (counts, empty) => {
  const entries = Object.entries(counts)
  const most = Math.max(1, ...entries.map(([, count]) => count))
  return entries.length === 0
    ? h('p', { class: 'muted' }, empty)
    : entries.map(([name, count]) => barLine(name, String(count), count / most))
}

async function overview() {
  const { health, hours, mailHours, reasons, deliveries, lockRefusals, total, accounts, version } =
    await get('/admin/overview')
  const most = Math.max(1, ...accounts.map((one) => one.bytes))
  const tile = (title, ...content) => h('section', { class: 'panel' }, h('h2', {}, title), ...content)
  return [
    h(
      'div',
      { class: 'panels' },
      tile(
        'Accounts',
        h('p', { class: 'big' }, String(total.accounts)),
        h('p', { class: 'muted' }, `${total.messages} messages, ${bytes(total.bytes)}`),
      ),
      tile(
        'Health',
        table(
          ['Part', '', '>Answer'],
          Object.entries(health).map(([name, one]) => [
            name,
            h('span', { class: `tag ${one.ok ? 'good' : 'bad'}` }, one.ok ? 'well' : (one.why ?? 'down')),
            number(`${one.milliseconds} ms`),
          ]),
          '',
        ),
        h('p', { class: 'muted' }, `version ${version}`),
      ),
    ),
    tile(
      'Logins (up) and refusals (down) by hour',
      hoursChart(hours, 'granted', 'refused', (good, bad) => `${good} logins, ${bad} refused`),
    ),
    h(
      'div',
      { class: 'panels' },
      tile(
        'Deliveries (up) and failures (down) by hour',
        hoursChart(mailHours, 'stored', 'failed', (good, bad) => `${good} stored, ${bad} not`),
      ),
      tile(
        'Size of what came in, by hour',
        hoursChart(mailHours, 'bytes', undefined, (size) => bytes(size)),
      ),
    ),
    h(
      'div',
      { class: 'panels' },
      tile('Refused, by reason', barLines(reasons, 'Nothing was refused in the last 24 hours.')),
      tile('Deliveries since the start', barLines(deliveries, 'None yet.')),
      tile('Kept out by the mailbox lock', barLines(lockRefusals, 'Nobody yet.')),
    ),
    tile(
      'Biggest accounts',
      accounts.map((one) => barLine(one.name, `${bytes(one.bytes)}, ${one.messages} messages`, one.bytes / most)),
    ),
  ]
}

/** the page of accounts that is shown */
let page = { find: '', after: '' }

async function accounts(redraw) {
  const { accounts: all, next: more } = await get(`/admin/accounts?${new URLSearchParams(page)}`)
  const turnTo = (to) => ((page = { ...page, ...to }), redraw())
  const find = field('Find', { type: 'search', value: page.find })
  const name = field('Address', { required: true, inputmode: 'email' })
  const pass = field('Password', { type: 'password', autocomplete: 'new-password', required: true, minlength: 8 })
  const edit = (one) =>
    dialog(one.name, (close) => {
      const disabled = h('input', { type: 'checkbox', checked: one.disabled })
      const admin = h('input', { type: 'checkbox', checked: one.administrator })
      const quota = field('Quota in MB (0: none, empty: as the settings say)', {
        type: 'number',
        min: 0,
        value: one.quotaBytes === undefined ? '' : String(one.quotaBytes / 1048576),
      })
      const next = field('New password (empty: as it is)', {
        type: 'password',
        autocomplete: 'new-password',
        minlength: 8,
      })
      const boxes = PROTOCOLS.map((protocol) => [
        protocol,
        h('input', { type: 'checkbox', checked: one.protocols.length === 0 || one.protocols.includes(protocol) }),
      ])
      const check = (box, label) => h('label', {}, box, ` ${label}`)
      const message = h('p', { class: 'form-error', role: 'alert' })
      const attempt = async (run) => {
        try {
          await run()
          close(true)
          await redraw()
        } catch (error) {
          message.textContent = error.message
        }
      }
      const save = () =>
        attempt(() => {
          const chosen = boxes.filter(([, box]) => box.checked).map(([protocol]) => protocol)
          return patch(`/admin/accounts/${one.id}`, {
            disabled: disabled.checked,
            administrator: admin.checked,
            protocols: chosen.length === PROTOCOLS.length ? [] : chosen,
            ...(value(quota) !== '' && { quotaBytes: Math.round(Number(value(quota)) * 1048576) }),
            ...(value(next) !== '' && { password: value(next) }),
          })
        })
      return h(
        'form',
        { class: 'panel-form', onsubmit: (event) => (event.preventDefault(), void save()) },
        h('p', {}, check(disabled, 'disabled'), ' ', check(admin, 'administrator')),
        h(
          'p',
          {},
          boxes.flatMap(([protocol, box]) => [check(box, protocol), ' ']),
        ),
        quota,
        next,
        one.appPasswords.length > 0 &&
          table(
            ['App password', 'For', ''],
            one.appPasswords.map((key) => [
              key.label,
              key.protocols.join(' '),
              button('Take away', () => attempt(() => del(`/admin/accounts/${one.id}/app-passwords/${key.id}`))),
            ]),
            '',
          ),
        message,
        h(
          'div',
          { class: 'buttons' },
          button(
            'Remove',
            async () => {
              if (
                await confirmBox(
                  'Remove account',
                  `${one.name} and its ${one.messages} messages go away for ever.`,
                  'Remove',
                )
              )
                await attempt(() => del(`/admin/accounts/${one.id}`, { name: one.name }))
            },
            'danger',
          ),
          one.totp &&
            button('Take second factor away', () =>
              attempt(() => patch(`/admin/accounts/${one.id}`, { removeTotp: true })),
            ),
          button('App password', () =>
            attempt(async () =>
              showSecret(
                'App password',
                (
                  await post(`/admin/accounts/${one.id}/app-passwords`, {
                    label: 'from the administrator',
                    protocols: ['imap', 'pop3', 'smtp'],
                  })
                ).password,
                'For IMAP, POP3 and sending. It is shown once.',
              ),
            ),
          ),
          button('Enter mailbox', () =>
            attempt(async () => (await post(`/admin/accounts/${one.id}/enter`), (location.hash = ''), boot())),
          ),
          h('button', { class: 'primary' }, 'Save'),
        ),
      )
    })
  return [
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'New account'),
      form(
        [name, pass],
        'Add',
        async () => (await post('/admin/accounts', { name: value(name), password: value(pass) }), redraw()),
      ),
    ),
    h(
      'section',
      { class: 'panel' },
      form([find], 'Find', async () => turnTo({ find: value(find), after: '' })),
      table(
        ['Address', '>Messages', '>Size', '>Quota', '', ''],
        all.map((one) => [
          one.name,
          number(one.messages),
          number(bytes(one.bytes)),
          number(one.quotaBytes === undefined ? 'default' : one.quotaBytes === 0 ? 'none' : bytes(one.quotaBytes)),
          h(
            'span',
            {},
            one.disabled && h('span', { class: 'tag bad' }, 'disabled'),
            one.administrator && h('span', { class: 'tag good' }, 'administrator'),
            one.totp && h('span', { class: 'tag' }, 'second factor'),
            one.protocols.length > 0 && h('span', { class: 'tag' }, one.protocols.join(' ')),
          ),
          button('Change', () => edit(one)),
        ]),
        'No accounts.',
      ),
      page.after && button('First page', () => turnTo({ after: '' })),
      more && button('Next page', () => turnTo({ after: more })),
    ),
  ]
}

async function sessions(redraw) {
  const [{ locks, driver }, web] = await Promise.all([get('/admin/locks'), get('/admin/sessions')])
  const held = locks.flatMap((one) =>
    one.holders.map((holder) => ({ ...holder, name: one.name, waiters: one.waiters })),
  )
  return [
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, `In mailboxes now (locks: ${driver})`),
      table(
        ['Account', 'By', 'Access', 'From', 'Program', 'Since', 'Active', '>Waiting', '>Fence', ''],
        held.map((one) => [
          one.name,
          one.protocol,
          one.access,
          one.address,
          programName(one.client ?? ''),
          exactTime(one.since),
          exactTime(one.activeAt),
          number(one.waiters),
          number(one.fence ?? ''),
          button(
            'End',
            async () => (await del(`/admin/locks/${one.account}/${one.id}`), toast('Ended.'), redraw()),
            'danger',
          ),
        ]),
        'Nobody is in a mailbox.',
      ),
    ),
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Web sessions'),
      table(
        ['Account', 'From', 'Program', 'Since', 'Last used', ''],
        web.sessions.map((one) => [
          one.account ?? '?',
          one.address,
          programName(one.label),
          exactTime(one.createdAt),
          exactTime(one.activeAt),
          one.current
            ? h('span', { class: 'tag good' }, 'this one')
            : button('End', async () => (await del(`/admin/sessions/${one.id}`), redraw()), 'danger'),
        ]),
        'None.',
      ),
    ),
  ]
}

async function lockouts(redraw) {
  const { bars } = await get('/admin/lockouts')
  const user = field('Account', { required: true })
  const address = field('Address of the client', { required: true })
  const result = h('div', {})
  const clear = async (bar) => {
    const [who, from] = bar.scope === 'address' ? [undefined, bar.subject] : bar.subject.split(' from ')
    const { cleared } = await post('/admin/lockouts/clear', {
      ...(who && { user: who }),
      ...(from && { address: from.replace(/\/.*/, '') }),
    })
    toast(`${cleared} records forgotten.`)
    await redraw()
  }
  return [
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Refused after failures'),
      table(
        ['Who', 'What', 'Evidence', 'Since', 'Until', ''],
        bars.map((bar) => [
          bar.subject,
          bar.scope,
          `${bar.failures} failures within ${Math.round(bar.window / 60000)} min`,
          exactTime(bar.since),
          exactTime(bar.until),
          button('Clear', () => clear(bar)),
        ]),
        'Nobody is barred.',
      ),
    ),
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Why can somebody not log in?'),
      form([user, address], 'Explain', async () => {
        const got = await get(
          `/admin/lockouts/explain?${new URLSearchParams({ user: value(user), address: value(address) })}`,
        )
        fill(
          result,
          h(
            'p',
            {},
            h('span', { class: `tag ${got.verdict === 'granted' ? 'good' : 'bad'}` }, got.verdict),
            got.verdict === 'granted' ? 'The right password would open.' : 'Refused, with the right password too.',
          ),
          got.reasons.map((reason) => h('p', {}, reason)),
          got.counters.map(({ what, counted, rule }) =>
            h(
              'p',
              { class: 'muted' },
              `${what}: ${counted} of ${rule.failures} failures within ${Math.round(rule.window / 60000)} min`,
            ),
          ),
        )
        return false
      }),
      result,
    ),
  ]
}

async function audit() {
  const user = field('Account')
  const address = field('Address')
  const verdict = h(
    'select',
    { 'aria-label': 'Verdict' },
    ['', 'granted', 'refused', 'unavailable'].map((word) => h('option', { value: word }, word || 'all verdicts')),
  )
  const protocol = h(
    'select',
    { 'aria-label': 'Protocol' },
    ['', ...PROTOCOLS].map((word) => h('option', { value: word }, word || 'all protocols')),
  )
  const result = h('div', {})
  async function load() {
    const given = Object.entries({
      user: value(user),
      address: value(address),
      verdict: verdict.value,
      protocol: protocol.value,
      limit: '200',
    }).filter(([, text]) => text)
    const { entries } = await get(`/admin/audit?${new URLSearchParams(given)}`)
    fill(
      result,
      table(
        ['When', 'Account', 'From', 'By', 'How', '', 'Reason'],
        entries.map((one) => [
          when(one.at),
          one.user || '(no name)',
          one.address,
          one.protocol,
          one.mechanism,
          h('span', { class: `tag ${one.verdict === 'granted' ? 'good' : 'bad'}` }, one.verdict),
          one.reason,
        ]),
        'No attempts.',
      ),
    )
    return false
  }
  await load()
  return [
    h(
      'section',
      { class: 'panel' },
      form(
        [
          user,
          address,
          h('label', { class: 'field' }, h('span', {}, 'Verdict'), verdict),
          h('label', { class: 'field' }, h('span', {}, 'Protocol'), protocol),
        ],
        'Show',
        load,
      ),
      result,
    ),
  ]
}

async function deliveries() {
  const address = field('Sender or recipient')
  const id = field('Message-ID')
  const since = field('From day', { type: 'date' })
  const until = field('To day', { type: 'date' })
  const size = field('Larger than (KB)', { type: 'number', min: 0 })
  const outcome = h(
    'select',
    { 'aria-label': 'Outcome' },
    ['', 'stored', 'later', 'refused'].map((word) => h('option', { value: word }, word || 'all')),
  )
  const result = h('div', {})
  // As the administrator's clock has the day, its end included.
  const time = (input, clock) => (value(input) ? String(new Date(`${value(input)}T${clock}`).getTime()) : '')
  async function load() {
    const given = Object.entries({
      address: value(address).trim(),
      messageId: value(id).trim(),
      from: time(since, '00:00:00.000'),
      to: time(until, '23:59:59.999'),
      minSize: value(size) && String(Math.round(Number(value(size)) * 1024)),
      outcome: outcome.value,
      limit: '200',
    }).filter(([, text]) => text)
    const got = await get(`/admin/deliveries?${new URLSearchParams(given)}`)
    fill(
      result,
      table(
        ['When', 'From', 'To', '', '>Size', 'Reply', 'Message-ID'],
        got.deliveries.map((one) => [
          when(one.at),
          one.sender || '(null sender)',
          one.recipient,
          h('span', { class: `tag ${one.outcome === 'stored' ? 'good' : 'bad'}` }, one.outcome),
          h('td', { class: 'number when' }, bytes(one.size)),
          one.reply,
          h('span', { class: 'cut', title: one.messageId }, one.messageId),
        ]),
        'No deliveries.',
      ),
    )
    return false
  }
  await load()
  const choice = h('label', { class: 'field' }, h('span', {}, 'Outcome'), outcome)
  return [h('section', { class: 'panel' }, form([address, choice, id, size, since, until], 'Show', load), result)]
}

const PAGES = { overview, accounts, sessions, lockouts, deliveries, audit }

export async function adminView() {
  const tab = location.hash.split('/')[2] ?? 'overview'
  const page = PAGES[tab] ?? overview
  const box = h('div', { class: 'page-inner' })
  const head = [
    h(
      'div',
      { class: 'page-head' },
      h('h1', {}, 'Administration'),
      iconButton('reload', 'Load again', () => void redraw()),
      h('a', { href: '#/' }, 'Back to mail'),
    ),
    h(
      'nav',
      { class: 'tabs', 'aria-label': 'Administration' },
      Object.entries(TABS).map(([name, title]) =>
        h('a', { href: `#/admin/${name}`, 'aria-current': name === tab ? 'page' : undefined }, title),
      ),
    ),
  ]
  async function redraw() {
    fill(box, head, await page(redraw))
  }
  await redraw()
  return { name: 'admin', element: h('main', { class: 'page' }, box) }
}
