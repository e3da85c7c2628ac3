import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import {
  assertOwnScope,
  linkToNowhere,
  MOUNT_TARGET,
  shellQuote,
  userName,
  type Obstacle,
} from 'familiar/cli'
import { diskProblem } from './queue/disk-problem.js'
import { queuePath } from './queue/queue-path.js'

/** Why nothing can be written to a home. */
export interface HomeTrouble {
  readonly problem: string
  /** What lets something be written there, in words; null if `problem` says it already. */
  readonly wayOut: string | null
  /** The command that does so; null if there is none. */
  readonly command: string | null
}

/**
 * Returns why a daemon could not start in this home, and no event be queued, because nothing can be written to their
 * directory; null if something can. Writes nothing itself. Names the nearest directory that exists and lacks the permission.
 * For a home that does not exist yet, that is the directory in which it would be created; for one that cannot be entered, the
 * directory that forbids it.
 */
export function homeTrouble(root: string): HomeTrouble | null {
  return troubleIn(root, [dirname(queuePath(root))])
}

/** Like `homeTrouble`, for a session: its file is in the home itself, and its lock where the daemon has its files. */
export function sessionTrouble(root: string): HomeTrouble | null {
  return troubleIn(root, placesIn(root))
}

/** `needed`: the directories that must be writable. If one is not, the command opens all that belong to the home. */
function troubleIn(root: string, needed: readonly string[]): HomeTrouble | null {
  const theirs = homeOfAnotherUser(root)
  if (theirs !== null) return { problem: theirs, wayOut: null, command: null }
  if (needed.every((path) => unwritable(path) === null)) return fullDisk(root)
  const found = placesIn(root).flatMap((path) => unwritable(path) ?? [])
  const [first] = found
  if (first === undefined) return null
  const closed = [...new Set(found.flatMap(({ closed: path }) => path ?? []))]
  return {
    problem: first.problem,
    wayOut: `${first.wayOut}${leftThere(root)}`,
    command: first.closed === null ? null : `chmod u+rwx ${closed.map(shellQuote).join(' ')}`,
  }
}

/** Returns only what is wrong. */
export function homeProblem(root: string): string | null {
  return homeTrouble(root)?.problem ?? null
}

/**
 * Returns why no command can end, start or replace a daemon of this home: the file of the lock for that can neither be
 * written to nor created. Null if it can. A full disk is not in the way of that.
 */
export function lifecycleProblem(root: string): string | null {
  const file = join(dirname(queuePath(root)), 'lifecycle.lock')
  return homeOfAnotherUser(root) ?? lockProblem(file)
}

function lockProblem(file: string): string | null {
  return mayWrite(file) ? null : (unwritable(dirname(file))?.problem ?? null)
}

/** Returns the same as what the doctor's finding about it says; null if commands can end, start and replace a daemon. */
export function lifecycleObstacle(root: string): Obstacle | null {
  return obstacleOf(lifecycleProblem(root))
}

/**
 * Returns why no command of this home can clean up dashboards, whose clean-up has a lock of its own; null if one can. As
 * for that clean-up, the home may belong to another user if the place of the lock does not.
 */
export function dashboardsObstacle(root: string): Obstacle | null {
  const file = join(root, 'daemons', 'dashboards', 'cleanup.lock')
  return obstacleOf(placeOfAnotherUser(root, [file, dirname(file)]) ?? lockProblem(file))
}

function placeOfAnotherUser(root: string, paths: readonly string[]): string | null {
  try {
    assertOwnScope(paths, process.geteuid?.())
    return null
  } catch (error) {
    return homeOfAnotherUser(root) ?? (error instanceof Error ? error.message : String(error))
  }
}

function obstacleOf(problem: string | null): Obstacle | null {
  return problem === null ? null : { id: 'F-021', problem }
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The session is in the home itself; record, locks, log and queue are in the directory of the daemon. */
function placesIn(root: string): readonly string[] {
  return [root, dirname(queuePath(root))]
}

function fullDisk(root: string): HomeTrouble | null {
  const problem = diskProblem(root)
  const room = `free space there, or set SPEC_KITTY_HOME to a directory on another disk${leftThere(root)}`
  return problem === null ? null : { problem, wayOut: room, command: null }
}

/** Another home is a new one: a user who knows only the variable would miss what waits. */
function leftThere(root: string): string {
  return ownerOf(root) === null ? '' : ' (session and events of this home stay in it)'
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

interface Unwritable {
  readonly problem: string
  readonly wayOut: string
  /** The directory, if its owner, this user, may open it; null otherwise. */
  readonly closed: string | null
}

function unwritable(path: string): Unwritable | null {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return KERNELS.has(statfsSync(path).type)
      ? {
          problem: `${path} is a file system of the kernel: no directory can be made in it`,
          wayOut: OWN_DIRECTORY,
          closed: null,
        }
      : null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    const link = code === 'ENOENT' ? linkToNowhere(path) : null
    if (link !== null) return { problem: link, wayOut: `${MOUNT_TARGET}, or ${OWN_DIRECTORY}`, closed: null }
    const above = dirname(path)
    if (above !== path && (code === 'ENOENT' || (code === 'EACCES' && ownerOf(path) === null)))
      return unwritable(above)
    const isClosed = code === 'EACCES' && ownerOf(path) === process.geteuid?.()
    return code === 'EROFS'
      ? {
          problem: `${path} is on a read-only file system`,
          wayOut: `make that file system writable, or ${OWN_DIRECTORY}`,
          closed: null,
        }
      : {
          problem: `${path} cannot be ${mayRead(path) ? '' : 'read or '}written to (${code})`,
          wayOut: `make that directory writable, or ${OWN_DIRECTORY}`,
          closed: isClosed ? path : null,
        }
  }
}

function mayRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

const OWN_DIRECTORY = 'set SPEC_KITTY_HOME to a directory of your own'

/**
 * The types of `/proc` and `/sys` (statfs(2)): root has the permission to write to their directories, but cannot create
 * anything there.
 */
const KERNELS: ReadonlySet<number> = new Set([0x9fa0, 0x62656572])

/** Node knows only the name of its own user. */
function nameOf(uid: number): string {
  try {
    if (uid === process.geteuid?.() && uid === process.getuid?.()) return userInfo().username
  } catch {
    // A user without an entry, as in a container.
  }
  return userName(String(uid))
}
