import { accessSync, constants, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { diskProblem } from './queue/disk-problem.js'

/**
 * Returns why a daemon could not start in this home, because nothing can be written there; null if something can. Writes
 * nothing itself. Names the nearest directory that exists and lacks the permission. For a home that does not exist yet,
 * that is the directory in which it would be created; for one that cannot be entered, the directory that forbids it.
 */
export function homeProblem(root: string): string | null {
  return troubleOf(root)?.problem ?? null
}

/** Returns in words how to make this home writable; null if `homeProblem` already says it, or if nothing is wrong. */
export function wayOut(root: string): string | null {
  return troubleOf(root)?.wayOut ?? null
}

interface Trouble {
  readonly problem: string
  readonly wayOut: string | null
}

function troubleOf(root: string): Trouble | null {
  const theirs = homeOfAnotherUser(root)
  if (theirs !== null) return { problem: theirs, wayOut: null }
  const full = diskProblem(root)
  const room = 'free space there, or set SPEC_KITTY_HOME to a directory on another disk'
  return unwritable(root) ?? (full === null ? null : { problem: full, wayOut: room })
}

/**
 * Returns the owner of the home if that is another user; otherwise null. A command changes nothing in such a home, even
 * if it could. It does not open the queue there either, because SQLite writes files beside it, and the owner may then be
 * unable to write them.
 */
export function homeOfAnotherUser(root: string): string | null {
  const [owner, user] = [ownerOf(root), process.geteuid?.()]
  if (owner === null || user === undefined || owner === user) return null
  return `${root} belongs to ${nameOf(owner)}, you are ${nameOf(user)}: set SPEC_KITTY_HOME to a directory of your own`
}

function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid
  } catch {
    return null
  }
}

function unwritable(path: string): Trouble | null {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return KERNELS.has(statfsSync(path).type)
      ? {
          problem: `${path} is a file system of the kernel: no directory can be made in it`,
          wayOut: OWN_DIRECTORY,
        }
      : null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    const target = code === 'ENOENT' ? targetOf(path) : null
    if (target !== null)
      return {
        problem: `${path} is a link to ${target}, which is not there`,
        wayOut: `mount the disk to which the link leads, or ${OWN_DIRECTORY}`,
      }
    const above = dirname(path)
    if (above !== path && (code === 'ENOENT' || (code === 'EACCES' && ownerOf(path) === null)))
      return unwritable(above)
    return code === 'EROFS'
      ? {
          problem: `${path} is on a read-only file system`,
          wayOut: `make that file system writable, or ${OWN_DIRECTORY}`,
        }
      : {
          problem: `${path} cannot be written to (${code})`,
          wayOut: `make that directory writable, or ${OWN_DIRECTORY}`,
        }
  }
}

const OWN_DIRECTORY = 'set SPEC_KITTY_HOME to a directory of your own'

/**
 * The types of `/proc` and `/sys` (statfs(2)): root has the permission to write to their directories, but cannot create
 * anything there.
 */
const KERNELS: ReadonlySet<number> = new Set([0x9fa0, 0x62656572])

/** Returns the target of a link; null if there is no link. A dangling link often leads to a disk that is not mounted. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** Node knows only the name of its own user. The names of others are in the list of users, if the system has one. */
function nameOf(uid: number): string {
  try {
    if (uid === process.geteuid?.() && uid === process.getuid?.()) return userInfo().username
    const line = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, 'm'))
    return line?.[1] ?? `user ${uid}`
  } catch {
    return `user ${uid}`
  }
}
