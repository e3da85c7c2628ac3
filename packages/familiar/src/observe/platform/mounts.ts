import { closeSync, fstatSync, openSync, readlinkSync } from 'node:fs'
import { fileId } from '../../identity/file-id.js'
import { textOfBytes } from '../../identity/path-text.js'
import { mountIn, quietly, readFile } from './read-quietly.js'

/**
 * A flag of open(2) for which Node has no constant. With it, no content can be read, a FIFO does not block, no lock is
 * affected, and a link of /proc leads to its target without a question to the target's file system.
 */
const O_PATH = 0o10_000_000

/**
 * Returns a text that identifies what a link of /proc leads to: its mount, its inode and its path. Never blocks, even if
 * the file system there does not answer, unless the kernel reports neither mounts nor inodes (gVisor). Equal texts mean
 * the same file or directory; null if it cannot be read.
 */
export function placeOf(link: string): string | null {
  return quietly(() => {
    const descriptor = openSync(link, O_PATH)
    try {
      const info = readFile(`/proc/self/fdinfo/${descriptor}`) ?? ''
      const mount = mountIn(info)
      const path = textOfBytes(readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer'))
      const told = /^ino:\s*(\d+)$/m.exec(info)?.[1]
      // Linux tells the inode since 5.14. Before, the mount and the path have to do.
      const inode = told ?? (mount === null ? fileId(fstatSync(descriptor, { bigint: true })) : '')
      return `${mount ?? 'unknown'}/${inode}${path}`
    } finally {
      closeSync(descriptor)
    }
  })
}
