import { existsSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errnoOf } from '../../errors.js'
import { UNKNOWN_NAMESPACE, type Host, type ProcessView } from '../../identity/machine.js'
import { hostIdOf } from './host-id.js'
import { hasOurRoot, placeOf } from './mounts.js'
import { quietly, readFile, readLink } from './read-quietly.js'

/**
 * Returns the facts about this machine. The host id and the namespaces are read only on access: reading them takes longer
 * than a request to a daemon, and a command whose daemon proves itself does not need them.
 */
export function readHost(): Host {
  let namespaces: string | null = null
  let network: string | null = null
  return {
    pid: process.pid,
    user: String(process.geteuid?.()),
    bootId: bootId(),
    get hostId() {
      return hostId()
    },
    pidNamespace: pidNamespace(),
    get namespaces() {
      return (namespaces ??= readNamespaces('self') ?? 'unknown')
    },
    get networkNamespace() {
      return (network ??= readLink('/proc/self/ns/net') ?? 'unknown')
    },
    get mayEnter() {
      return mayEnter()
    },
  }
}

/**
 * Returns whether the process is in our time namespace. In another one, start times are shifted although the boot id is
 * the same, so they cannot be compared with ours.
 */
export function hasOurClock(pid: number): boolean {
  const own = ownTime()
  return own === NONE || (own !== null && readLink(`/proc/${pid}/ns/time`) === own)
}

/** CAP_SYS_CHROOT and CAP_SYS_ADMIN, both of which setns(2) requires for a mount namespace. */
const ENTERING = (1n << 18n) | (1n << 21n)

const TOOLS = ['/usr/bin/nsenter', '/bin/nsenter', '/usr/sbin/nsenter', '/run/current-system/sw/bin/nsenter']

function mayEnter(): boolean {
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFile('/proc/self/status') ?? '')?.[1] ?? '0'
  return (BigInt(`0x${held}`) & ENTERING) === ENTERING && TOOLS.some((path) => existsSync(path))
}

/** What stands for a namespace on a kernel that has none of its kind. */
const NONE = 'none'

/** Returns the time namespace of this process; null if it cannot be read. */
const ownTime = once(() => readOwn('time'))

function readOwn(kind: string): string | null {
  return quietly(() => {
    try {
      return readlinkSync(`/proc/self/ns/${kind}`)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return NONE
      throw error
    }
  })
}

/**
 * Returns a function that reads what never changes, and keeps it. A read that failed is tried again, at once and with the
 * next call: a daemon lives for weeks, and must not be another process than it is because one call failed at its start.
 */
function once(read: () => string | null): () => string | null {
  let known: string | null = null
  return () => (known ??= read() ?? read())
}

/** Paths, pids and permissions mean the same to two processes only if all of these namespaces are equal. */
const KINDS = ['pid', 'mnt', 'time', 'user'] as const

/** Returns a text that names the namespaces and the root directory of a process; null if one cannot be read. */
export function readNamespaces(pid: string): string | null {
  const links = KINDS.map((kind) =>
    kind === 'time' && ownTime() === NONE ? NONE : readLink(`/proc/${pid}/ns/${kind}`),
  )
  // A process with another root directory (chroot) may share every namespace with us, but its paths name other files. A
  // root that is mounted a second time has other mounts below it, so the mount counts.
  const root = placeOf(`/proc/${pid}/root`)
  return root === null || links.includes(null) ? null : [...links, `root:${root}`].join(' ')
}

const ownMounts = once(() => readOwn('mnt'))

/** Returns the namespaces of a process and, if it has other mounts, whether its root directory is ours. */
export function namespacesOf(pid: number): Pick<ProcessView, 'namespaces' | 'hasOurRoot'> {
  const namespaces = readNamespaces(String(pid))
  const hasOurMounts = namespaces === null || namespaces.split(' ').includes(ownMounts() ?? '')
  return { namespaces, ...(hasOurMounts ? {} : { hasOurRoot: hasOurRoot(pid) }) }
}

const ownPidNamespace = once(() => readOwn('pid'))

/** Returns the pid namespace of this process; `UNKNOWN_NAMESPACE` also on a kernel that has none. */
export function pidNamespace(): string {
  const own = ownPidNamespace()
  return own === null || own === NONE ? UNKNOWN_NAMESPACE : own
}

/** Returns the id of the current boot. */
export const bootId = keptAsUsed(
  () => readFile('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
  () => `unknown@${hostId()}`,
)

/**
 * Returns a function that reads what never changes. What stands for it if it cannot be read is kept, too: every start time
 * is told with the boot, and another start time means that a process is gone. Exported for its test.
 */
export function keptAsUsed(read: () => string | null, otherwise: () => string): () => string {
  let used: string | null = null
  return () => (used ??= read() ?? read() ?? otherwise())
}

const machineId = once(() => readFile('/etc/machine-id'))

/** Returns the id of this machine. It is computed on demand: only the start of a daemon and a record of another boot need it. */
function hostId(): string {
  return hostIdOf(machineId()?.trim() || hostname())
}
