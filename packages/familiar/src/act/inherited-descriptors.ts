import { closeSync, fstatSync, readdirSync, readFileSync } from 'node:fs'
import { throwLack } from '../errors.js'
import { STARTUP_PIPE_FD } from '../protocol/startup-pipe.js'

const DESCRIPTORS = '/proc/self/fdinfo'

const CLOSE_ON_EXEC = 0o2000000

/**
 * Returns the file descriptors that a child process would inherit although `stdio` does not name them, each as its
 * number, device and inode (`251 13:23095`). Throws `E_RESOURCES` if no descriptor is left to list them.
 *
 * Node marks inherited descriptors close-on-exec only up to the first gap in their numbers. A descriptor above the gap
 * would reach the daemon. If it is the end of a pipe, a process that reads this pipe to its end would wait until the
 * daemon exits. Node can neither mark nor close such a descriptor in the child, and `stdio` entries for numbers above
 * the descriptor limit fail with EINVAL. So the daemon is sent the numbers, which exec does not change, and closes the
 * descriptors. (On macOS, libuv closes all of them itself: it spawns with POSIX_SPAWN_CLOEXEC_DEFAULT.)
 */
export function inheritedDescriptors(): readonly string[] {
  return listed().flatMap((descriptor) => {
    if (descriptor <= STARTUP_PIPE_FD || !staysOpen(descriptor)) return []
    const target = targetOf(descriptor)
    return target === null ? [] : [`${descriptor} ${target}`]
  })
}

/**
 * Closes the descriptors that the starter of this daemon named, if they still refer to the same files. This process did
 * not open any of them.
 */
export function closeInherited(named: unknown): void {
  for (const one of Array.isArray(named) ? named : []) {
    const [descriptor, target] = String(one).split(' ')
    if (Number(descriptor) > STARTUP_PIPE_FD && targetOf(Number(descriptor)) === target)
      close(Number(descriptor))
  }
}

/** `close` may report a late write error (network file systems), but it closes the descriptor anyway. */
function close(descriptor: number): void {
  try {
    closeSync(descriptor)
  } catch {
    // The file belongs to the process that started the command, so its write errors are not reported here.
  }
}

function listed(): readonly number[] {
  try {
    return readdirSync(DESCRIPTORS).map(Number)
  } catch (error) {
    throwLack(error)
    return []
  }
}

function staysOpen(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`${DESCRIPTORS}/${descriptor}`, 'utf8'))?.[1]
    return flags === undefined || (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch (error) {
    throwLack(error)
    return false
  }
}

function targetOf(descriptor: number): string | null {
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return null
  }
}
