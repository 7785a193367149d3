import { Command } from 'commander'
import { version } from '../package-root'
import { accountsCommand } from './accounts/command'
import { tokensCommand } from './accounts/tokens'
import { aclCommand } from './acl/command'
import { binCommand } from './bin/command'
import { configCommand } from './config/command'
import { dnsCommand } from './config/dns'
import { demoCommand } from './demo/command'
import { homeOption } from './home'
import { importCommand } from './import/command'
import { exportCommand } from './import/export'
import { restoreCommand } from './import/restore'
import { initCommand } from './init/command'
import { aliasesCommand } from './mail/aliases'
import { searchCommand } from './mail/search'
import { completionCommand, manualCommand } from './manual/command'
import { backupCommand } from './store/backup'
import { checkCommand, restoredCommand } from './store/check'
import { migrateCommand } from './store/migrate'
import { indexCommand } from './store/text-index'
import { auditCommand } from './watch/audit'
import { lockoutsCommand } from './watch/lockouts'
import { openLockouts } from './watch/lockouts-home'
import { locksCommand } from './watch/locks'
import { metricsCommand } from './watch/metrics'
import { rulesCommand } from './watch/rules'

/** The command `haraka-mailbox`: the one table of what it can do, from which help, manual page and completion are made. */
export function createProgram(): Command {
  const program = new Command('haraka-mailbox')
    .description('Mailboxes for Haraka: POP3 and IMAP under one lock and one login')
    .version(version)
    .addCommand(initCommand())
    .addCommand(demoCommand())
    .addCommand(configCommand())
    .addCommand(dnsCommand())
    .addCommand(accountsCommand())
    .addCommand(aclCommand())
    .addCommand(aliasesCommand())
    .addCommand(searchCommand())
    .addCommand(tokensCommand())
    .addCommand(binCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(migrateCommand())
    .addCommand(rulesCommand())
    .addCommand(checkCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(restoredCommand())
    .addCommand(indexCommand())
    .addCommand(locksCommand())
    .addCommand(auditCommand())
    .addCommand(metricsCommand())
    .addCommand(
      lockoutsCommand({ homeOption, open: openLockouts, print: (line) => console.log(line), now: () => Date.now() }),
    )
  return program.addCommand(completionCommand(() => program)).addCommand(manualCommand(() => program))
}
