import { createTransport } from 'nodemailer'
import type { AccountArgument, DemoOptions } from './options'

const WELCOME = `Welcome to your new mailbox.

This message came in by SMTP, was stored, and waits for you by POP3 and IMAP.
While a POP3 session is open the mailbox is locked for others; try both at once.
`

export async function sendWelcome(options: DemoOptions, to: string): Promise<void> {
  const transport = createTransport({ host: options.listen, port: options.smtp, ignoreTLS: true, name: 'localhost' })
  try {
    await transport.sendMail({ from: 'postmaster@localhost', to, subject: 'Welcome', text: WELCOME })
  } finally {
    transport.close()
  }
}

/** What a person needs to use it at once. */
export function printWelcome(options: DemoOptions, { name, password }: AccountArgument): void {
  const { listen } = options
  const rows: (readonly [string, number, string])[] = [
    ['SMTP', options.smtp, 'STARTTLS offered'],
    ['Submission', options.submission, 'STARTTLS offered, AUTH PLAIN'],
    ['POP3', options.pop3, 'STLS offered'],
    ['POP3 over TLS', options.pop3s, ''],
    ['IMAP', options.imap, 'STARTTLS offered'],
    ['IMAP over TLS', options.imaps, ''],
    ['LMTP', options.lmtp, 'for another mail server on this machine'],
    ['ManageSieve', options.sieve, 'STARTTLS offered'],
  ]
  const table = rows
    .filter(([, port]) => port > 0)
    .map(([title, port, note]) => `  ${title.padEnd(15)}${`${listen}:${port}`.padEnd(18)}${note}`)
  const user = `'${name}:${password}'`
  console.log(`
haraka-plugin-mailbox is running.

${options.http > 0 ? `  Webmail        http://${listen}:${options.http}/mail/\n` : ''}  Account        ${name}
  Password       ${password}

${table.join('\n')}

Send a message:
  printf 'Subject: hello\\r\\n\\r\\nHi\\r\\n' | curl -sS smtp://${listen}:${options.smtp} --mail-from me@localhost --mail-rcpt ${name} -T - && echo sent
Read it:
  curl -sS --user ${user} 'imap://${listen}:${options.imap}/INBOX;MAILINDEX=*'
  curl -sS --user ${user} pop3://${listen}:${options.pop3}/2
In a mail program:
  user name ${name}; IMAP ${listen} port ${options.imaps} (TLS) or ${options.imap} (STARTTLS); SMTP ${listen} port ${options.submission} (STARTTLS, password).
  The certificate was made by this demo: the program will ask you to trust it.

  Mail and settings  ${options.home}
  Haraka's log       ${options.home}/haraka.log
  Stop               Ctrl-C, or kill ${process.pid}
`)
}
