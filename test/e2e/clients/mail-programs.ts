import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Ran, run } from '../demo'

/** A user of mail programs that keep what they have, over any number of runs. */
export interface User {
  readonly name: string
  readonly password: string
  /** where the programs keep everything */
  readonly folder: string
}

interface Fetched extends Ran {
  /** messages that the program has by now */
  readonly mails: number
}

type Program = (user: User, ports: { readonly imap: number; readonly pop3: number }) => Promise<Fetched>

const filesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (one) => one.isFile() && /\/(cur|new)$/.test(one.parentPath),
  ).length

function place(folder: string, program: string): string {
  const own = path.join(folder, program)
  mkdirSync(own, { recursive: true })
  return own
}

const mailsIn = (box: string): number =>
  existsSync(box) ? (readFileSync(box, 'latin1').match(/^Subject: message/gm) ?? []).length : 0

const mbsync: Program = async ({ name, password, folder }, { imap }) => {
  const own = place(folder, 'mbsync')
  const rc = path.join(own, 'rc')
  const maildir = place(own, 'mail')
  writeFileSync(
    rc,
    `IMAPAccount server\nHost 127.0.0.1\nPort ${imap}\nUser ${name}\nPass ${password}\nSSLType None\nAuthMechs LOGIN PLAIN\n
IMAPStore far\nAccount server\n\nMaildirStore near\nPath ${maildir}/\nInbox ${maildir}/INBOX\nSubFolders Verbatim\n
Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nExpunge None\nSync Pull\nSyncState ${own}/state-\n`,
    { mode: 0o600 },
  )
  return { ...(await run('mbsync', ['-c', rc, '-a', '-V'])), mails: filesBelow(maildir) }
}

const offlineimap: Program = async ({ name, password, folder }, { imap }) => {
  const own = place(folder, 'offlineimap')
  const rc = path.join(own, 'rc')
  const maildir = place(own, 'mail')
  writeFileSync(
    rc,
    `[general]\naccounts = a\nmetadata = ${own}/state\nsocktimeout = 20
[Account a]\nlocalrepository = near\nremoterepository = far
[Repository near]\ntype = Maildir\nlocalfolders = ${maildir}
[Repository far]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = ${imap}\nremoteuser = ${name}\nremotepass = ${password}
ssl = no\nstarttls = no\nreadonly = True\n`,
    { mode: 0o600 },
  )
  return {
    ...(await run('offlineimap', ['-o', '-c', rc, '-u', 'basic'], { env: { HOME: own } })),
    mails: filesBelow(maildir),
  }
}

/** Leaves all on the server; knows by UIDL what it has. */
const fetchmail: Program = async ({ name, password, folder }, { pop3 }) => {
  const own = place(folder, 'fetchmail')
  const [rc, box] = [path.join(own, 'rc'), path.join(own, 'box')]
  writeFileSync(
    rc,
    `poll 127.0.0.1 protocol pop3 service ${pop3} uidl user "${name}" password "${password}" keep sslproto "" mda "cat >> ${box}"\n`,
    { mode: 0o600 },
  )
  const args = ['-f', rc, '-i', path.join(own, 'ids'), '--nosyslog', '--pidfile', path.join(own, 'pid')]
  const ran = await run('fetchmail', args)
  // 1: there was no new mail.
  return { ...ran, code: ran.code === 1 ? 0 : ran.code, mails: mailsIn(box) }
}

const getmail: Program = async ({ name, password, folder }, { pop3 }) => {
  const own = place(folder, 'getmail')
  const box = path.join(own, 'box')
  writeFileSync(
    path.join(own, 'getmailrc'),
    `[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = ${pop3}\nusername = ${name}\npassword = ${password}
[destination]\ntype = MDA_external\npath = /bin/sh\narguments = ("-c", "cat >> ${box}")\nunixfrom = true\nallow_root_commands = true
[options]\nread_all = false\ndelete = false\nverbose = 1\n`,
    { mode: 0o600 },
  )
  return { ...(await run('getmail', ['--getmaildir', own])), mails: mailsIn(box) }
}

export const PROGRAMS = { mbsync, offlineimap, fetchmail, getmail } as const
/** Those that read by POP3 see INBOX only. */
export const POP3_PROGRAMS: readonly string[] = ['fetchmail', 'getmail']
