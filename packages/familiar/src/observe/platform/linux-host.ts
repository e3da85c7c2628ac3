import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Host } from '../../identity/machine.js'
import { hostIdOf } from './host-id.js'
import { mountOf, quietly, readFile, readLink } from './read-quietly.js'

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
  }
}

/**
 * Returns whether the process is in our time namespace. In another one, start times are shifted although the boot id is
 * the same, so they cannot be compared with ours.
 */
export function hasOurClock(pid: number): boolean {
  return ownTime() === null || readLink(`/proc/${pid}/ns/time`) === ownTime()
}

let knownTime: string | null | undefined

/** Returns the time namespace of this process; null on a kernel without time namespaces. */
function ownTime(): string | null {
  knownTime ??= readLink('/proc/self/ns/time')
  return knownTime
}

/** Paths, pids and permissions mean the same to two processes only if all of these namespaces are equal. */
const KINDS = ['pid', 'mnt', 'time', 'user'] as const

/** Returns a text that names the namespaces and the root directory of a process; null if one cannot be read. */
export function readNamespaces(pid: string): string | null {
  const links = KINDS.map((kind) =>
    kind === 'time' && ownTime() === null ? 'none' : readLink(`/proc/${pid}/ns/${kind}`),
  )
  const root = rootOf(pid)
  return root === null || links.includes(null) ? null : [...links, root].join(' ')
}

/**
 * Returns a text that identifies the root directory of a process. A process with another root directory (chroot) may share
 * every namespace with us, but its paths name other files. The mount id is part of the text, because a root that is
 * mounted a second time has the same inode but other mounts below it.
 */
function rootOf(pid: string): string | null {
  return quietly(() => {
    const descriptor = openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      const { dev, ino } = fstatSync(descriptor)
      return `root:${dev}/${ino}/${mountOf(descriptor) ?? 'unknown'}`
    } finally {
      closeSync(descriptor)
    }
  })
}

let knownPidNamespace: string | null = null

/** Returns the pid namespace of this process. It is read once, because it never changes. */
export function pidNamespace(): string {
  knownPidNamespace ??= readLink('/proc/self/ns/pid') ?? 'unknown'
  return knownPidNamespace
}

let knownBootId: string | null = null

/** Returns the id of the current boot. It is read once. */
export function bootId(): string {
  knownBootId ??= readFile('/proc/sys/kernel/random/boot_id')?.trim() ?? `unknown@${hostId()}`
  return knownBootId
}

let knownHostId: string | null = null

/** Returns the id of this machine. It is computed on demand: only the start of a daemon and a record of another boot need it. */
function hostId(): string {
  knownHostId ??= hostIdOf(readFile('/etc/machine-id')?.trim() || hostname())
  return knownHostId
}
