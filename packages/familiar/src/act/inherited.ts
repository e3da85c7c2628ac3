import { closeSync, fstatSync, readdirSync, readFileSync } from 'node:fs'
import { throwLack } from '../errors.js'
import { LEASE_FD } from './start-pipe.js'

const DESCRIPTORS = '/proc/self/fdinfo'

const CLOSE_ON_EXEC = 0o2000000

/**
 * Returns which descriptors of this process a child would get, beyond those that are handed to it: each as its number and
 * what it leads to (`251 13:23095`). Throws `E_RESOURCES` where there is no descriptor left to find out.
 *
 * Node marks inherited descriptors close-on-exec only up to the first gap; what a caller left open above it would reach
 * the daemon, and a caller that reads that pipe to its end would wait for the daemon's end. Node can neither mark nor
 * close them in the child, and `stdio` entries in their places fail with EINVAL for a number above the limit of
 * descriptors. So the daemon is told, and closes them: a number does not change over exec. (macOS closes all of them
 * itself: libuv spawns there with POSIX_SPAWN_CLOEXEC_DEFAULT.)
 */
export function inheritedDescriptors(): readonly string[] {
  return listed().flatMap((descriptor) => {
    if (descriptor <= LEASE_FD || !staysOpen(descriptor)) return []
    const target = targetOf(descriptor)
    return target === null ? [] : [`${descriptor} ${target}`]
  })
}

/** Closes what the starter named, where it is still that. Nothing that this process opened itself is among it. */
export function closeInherited(named: unknown): void {
  for (const one of Array.isArray(named) ? named : []) {
    const [descriptor, target] = String(one).split(' ')
    if (Number(descriptor) > LEASE_FD && targetOf(Number(descriptor)) === target) close(Number(descriptor))
  }
}

/** A close that reports a late error (a network file system) has closed all the same. */
function close(descriptor: number): void {
  try {
    closeSync(descriptor)
  } catch {
    // It was the caller's file: what could not be written to it is not ours to report.
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
