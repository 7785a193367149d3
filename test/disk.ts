import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { run } from './e2e/demo'

/** A file system of that many octets, all of which another file can take. */
export async function smallDisk(size: string): Promise<string | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-disk-'))
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  if (mounted.code === 0) {
    chmodSync(folder, 0o755)
    return folder
  }
  rmSync(folder, { recursive: true })
  console.log('      no right to mount a small file system: skipped')
  return undefined
}

/** Takes all octets that are free. */
export function fillUp(filler: string): void {
  for (let size = 1024 ** 2; size >= 512; ) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
    } catch {
      size /= 2
    }
  }
}
