import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { binding } from './binding'
import type { Connection, OwnSql } from './connection'

let collect: (() => void) | undefined

/**
 * Closes a connection and all that it has open. That of the package of Node 20 stays open behind the scenes until its statements
 * are collected as garbage, and other processes find the file in use: they are collected now.
 */
export function closeConnection(connection: Connection, sql: OwnSql): void {
  sql.forget()
  connection.close()
  if (binding().name === 'node:sqlite') return
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc')
  }
  collect?.()
}
