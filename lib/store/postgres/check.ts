import type { Database } from './database'

/** Each gives one line of text a fault; empty when all is well. One moment, so that a store in use can be checked. */
const CHECKS: readonly string[] = [
  `SELECT m.name || ': ' || c.what || ' is ' || c.kept || ', counted ' || c.counted AS fault FROM mailbox.mailboxes m
   LEFT JOIN (SELECT mailbox, count(*) AS messages, sum(size)::bigint AS size,
       sum(CASE WHEN ' ' || flags || ' ' LIKE '% \\\\Seen %' THEN 0 ELSE 1 END) AS unseen,
       sum(CASE WHEN ' ' || flags || ' ' LIKE '% \\\\Deleted %' THEN 1 ELSE 0 END) AS deleted
     FROM mailbox.entries WHERE account = $1 GROUP BY mailbox) e ON e.mailbox = m.mailbox
   CROSS JOIN LATERAL (VALUES ('messages', m.messages, coalesce(e.messages, 0)), ('size', m.size, coalesce(e.size, 0)),
     ('unseen', m.unseen, coalesce(e.unseen, 0)), ('deleted', m.deleted, coalesce(e.deleted, 0))) AS c(what, kept, counted)
   WHERE m.account = $1 AND c.kept <> c.counted`,
  `SELECT m.name || ': UID ' || e.uid || ' is not below UIDNEXT or has a mod-sequence above the highest' AS fault
   FROM mailbox.entries e JOIN mailbox.mailboxes m ON m.account = e.account AND m.mailbox = e.mailbox
   WHERE e.account = $1 AND (e.uid >= m.uid_next OR e.mod_seq > m.mod_seq)`,
  `SELECT 'mailbox ' || e.mailbox || ': UID ' || e.uid || ' is in no mailbox or has no message' AS fault
   FROM mailbox.entries e LEFT JOIN mailbox.mailboxes m ON m.account = e.account AND m.mailbox = e.mailbox
   LEFT JOIN mailbox.messages s ON s.account = e.account AND s.message = e.message
   WHERE e.account = $1 AND (m.mailbox IS NULL OR s.message IS NULL)`,
  `SELECT 'message ' || e.message || ' lacks octets' AS fault
   FROM (SELECT DISTINCT message, size FROM mailbox.entries WHERE account = $1) e
   LEFT JOIN (SELECT message, sum(octet_length(octets)) AS size FROM mailbox.chunks WHERE account = $1 GROUP BY message) c
     ON c.message = e.message WHERE coalesce(c.size, -1) <> e.size`,
  `SELECT 'message ' || s.message || ': ' || s.entries || ' entries, ' || count(e.uid) || ' counted' AS fault
   FROM mailbox.messages s LEFT JOIN mailbox.entries e ON e.account = s.account AND e.message = s.message
   WHERE s.account = $1 GROUP BY s.message, s.entries HAVING count(e.uid) <> s.entries`,
  `SELECT 'quota is not the sum of the messages' AS fault FROM mailbox.accounts a
   CROSS JOIN (SELECT coalesce(sum(size), 0) AS size, coalesce(sum(messages), 0) AS messages
     FROM mailbox.mailboxes WHERE account = $1) m
   WHERE a.account = $1 AND (a.used_bytes <> m.size OR a.used_messages <> m.messages)`,
]

export const checkAccount = (db: Database, account: number): Promise<string[]> =>
  db.snapshot(async ({ query }) => {
    const [found] = await query('SELECT 1 FROM mailbox.accounts WHERE account = $1', [account])
    const faults = found ? [] : ['the account has no state']
    for (const text of CHECKS) {
      for (const { fault } of await query<{ fault: string }>(text, [account])) faults.push(fault)
    }
    return faults
  })
