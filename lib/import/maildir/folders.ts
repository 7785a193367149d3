import { decodeMailboxName } from '../../terms/modified-utf7'
import { canonicalMailboxName } from '../../terms/names'
import type { Tree, TreeEntry } from '../tree'

export interface Folder {
  readonly directory: string
  readonly name: string
  /** of cur and new those that are there, each with its files */
  readonly parts: readonly { readonly directory: string; readonly files: readonly string[] }[]
  /** its name is no modified UTF-7: it was taken as it stands */
  readonly oddName: boolean
}

/** What Dovecot, Courier and others keep beside the mail. */
const INDEXES =
  /^(?:dovecot.*|\.dovecot.*|courier.*|maildir(?:size|folder|filter.*)|subscriptions|\.subscriptions|shared-(?:folders|maildirs)|sieve|\.sieve.*|\.qmail.*|\.mailfilter.*|\.customflags|\.uidvalidity|\.mh_sequences|\.(?:svbin|DS_Store|lock.*|nfs.*)|quota.*|tmp)$/
/** sdbox and mdbox of Dovecot, `cyrus.*` of Cyrus */
const OTHERS: Readonly<Record<string, string>> = {
  'dbox-Mails': "Dovecot's sdbox or mdbox, no Maildir: doveadm backup makes one of it",
  storage: "Dovecot's mdbox, no Maildir: doveadm backup makes one of it",
  'cyrus.header': "Cyrus' own format, no Maildir: bring it by IMAP",
}

const PARTS = ['cur', 'new']

export function decodedLevel(level: string): { readonly name: string; readonly isOdd: boolean } {
  const decoded = decodeMailboxName(Buffer.from(level), false)
  return { name: (decoded ?? level).normalize('NFC'), isOdd: decoded === undefined }
}

function partOf(tree: Tree, entry: TreeEntry): Folder['parts'][number] {
  const files: string[] = []
  tree.each(entry.at, ({ name, at, kind }) => {
    if (kind === 'folder') tree.passedOver.add(tree.named(at), 'a folder where messages should be', true)
    else if (name.startsWith('.')) tree.passedOver.add(tree.named(at), 'a hidden file: no message of a Maildir', false)
    else files.push(name)
  })
  return { directory: entry.at, files }
}

/**
 * Maildir++ (`.Sent.2024` beside cur) and Dovecot's LAYOUT=fs (`Sent/2024`), which may even be mixed. A folder may have only cur or
 * only new: servers make the other when they need it.
 */
export function foldersOf(tree: Tree): readonly Folder[] {
  const found: Folder[] = []

  function walk(directory: string, levels: readonly string[], oddAbove: boolean, own: string | undefined): boolean {
    const entries = tree.entries(directory)
    const isPart = ({ name, kind }: TreeEntry): boolean => kind === 'folder' && PARTS.includes(name)
    const parts = entries.filter(isPart).map((entry) => partOf(tree, entry))
    if (own !== undefined && parts.length > 0) found.push({ directory, name: own, parts, oddName: oddAbove })
    let hasMail = parts.length > 0
    for (const entry of entries) {
      if (isPart(entry)) continue
      if (entry.kind === 'file' || entry.name === 'tmp') notMail(entry)
      else if (below(entry, levels, oddAbove)) hasMail = true
    }
    return hasMail
  }

  function below(entry: TreeEntry, levels: readonly string[], oddAbove: boolean): boolean {
    const { name, at } = entry
    const dotted = levels.length === 0 && name.startsWith('.')
    const given = dotted ? name.slice(1).split('.') : [name]
    const decoded = given.map(decodedLevel)
    const names = [...levels, ...decoded.map((level) => level.name)]
    // Courier and Dovecot keep children of INBOX as .INBOX.x or .x; the name is what a client saw.
    const own = canonicalMailboxName(names.join('/'))
    const isHidden = !dotted && name.startsWith('.')
    const odd = oddAbove || decoded.some(({ isOdd }) => isOdd)
    if (INDEXES.test(name)) return false
    if (OTHERS[name] !== undefined) {
      tree.passedOver.add(tree.named(at), OTHERS[name] ?? '', true)
      return false
    }
    if (dotted || isHidden) {
      // Maildir++ has no folders in folders.
      const inside = tree.entries(at)
      const parts = inside.filter(({ name: part, kind }) => kind === 'folder' && PARTS.includes(part))
      if (parts.length > 0 && dotted) {
        found.push({ directory: at, name: own, parts: parts.map((part) => partOf(tree, part)), oddName: odd })
        for (const each of inside) {
          if (parts.includes(each)) continue
          if (each.kind === 'file' || each.name === 'tmp' || INDEXES.test(each.name)) notMail(each)
          else tree.passedOver.add(tree.named(each.at), 'a folder in a folder of Maildir++', true)
        }
        return true
      }
      const why = parts.length > 0 ? 'a hidden folder below another' : 'no folder of mail: neither cur nor new is in it'
      tree.passedOver.add(tree.named(at), why, parts.length > 0)
      return parts.length > 0
    }
    const hasMail = walk(at, names, odd, own)
    if (!hasMail) tree.passedOver.add(tree.named(at), 'no folder of mail: neither cur nor new is in it', false)
    return hasMail
  }

  function notMail({ name, at }: TreeEntry): void {
    if (name === 'tmp') {
      const left = tree.entries(at).filter(({ kind }) => kind === 'file').length
      if (left > 0) tree.passedOver.add(tree.named(at), `${left} deliveries that were not finished`, false)
    } else if (OTHERS[name] !== undefined) tree.passedOver.add(tree.named(at), OTHERS[name] ?? '', true)
    else if (!INDEXES.test(name)) tree.passedOver.add(tree.named(at), 'a file outside of cur and new', false)
  }

  walk(tree.root, [], false, 'INBOX')
  return found.sort((a, b) => (a.directory < b.directory ? -1 : 1))
}
