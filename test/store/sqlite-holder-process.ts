import { openConnection } from '../../lib/engine/sqlite/connection/open'

/** Has a file open until it is killed. */
const connection = openConnection(process.argv[2] ?? '')
connection.exec('SELECT * FROM accounts')
process.send?.('open')
setInterval(() => connection.isTransaction, 60_000)
