/**
 * The facts about a machine and its processes that the backend of each operating system reports, as plain data. Null
 * always means *unknown*, never *no*.
 */

/** A half-open range of TCP ports: it contains `from` but not `to`. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/** One TCP socket in LISTEN state. */
export interface Listener {
  readonly port: number
  /** The bound address as text: `127.0.0.1`, `0.0.0.0`, `::1`, `::`. IPv4-mapped addresses are given as IPv4. */
  readonly address: string
  /** Identifies this socket while it exists (on Linux, its inode), so that a later scan can distinguish it from a new one. */
  readonly socket: string
  /** The owner of the socket (POSIX uid as text, Windows SID); null if unknown. */
  readonly user: string | null
  /** The process that holds the socket, if the system's list of sockets names it; otherwise null. */
  readonly pid: number | null
}

/**
 * A command line as the system reports it: `args` if the system keeps the arguments separate, `text` if it only provides
 * them joined by blanks (macOS `ps`).
 */
export type CommandLine = { readonly args: readonly string[] } | { readonly text: string }

/** Returns a command line as one string, to compare or search it. */
export function commandText(command: CommandLine): string {
  return 'args' in command ? command.args.join('\0') : command.text
}

/** One living process. Null always means *unknown*. */
export interface ProcessView {
  readonly pid: number
  readonly parent: number | null
  /**
   * The start time as the kernel keeps it, preceded by the id of the boot (not on Windows). Two views with the same pid
   * and the same start time show the same process. Later changes of the wall clock do not affect this text.
   */
  readonly startTime: string | null
  /** The owner of the process (POSIX uid as text, Windows SID). */
  readonly user: string | null
  readonly command: CommandLine | null
  readonly executable: string | null
  /** True if the executable is known to be gone from disk, false if it is known to exist. */
  readonly executableGone: boolean | null
  /** True if the working directory of the process was deleted, false if it exists. */
  readonly workingDirectoryGone: boolean | null
  /** The path of the working directory; null if unknown or deleted. */
  readonly workingDirectory: string | null
  /**
   * The pid, mount, time and user namespaces and the root directory of the process, as text. Pids, paths and start times
   * of two processes can be compared only if this text is equal. It is constant on systems without namespaces.
   */
  readonly namespaces: string | null
  /** Whether its root directory is the same directory as ours, in another mount namespace. */
  readonly hasOurRoot?: boolean
  /** The network namespace as text. A process in another one cannot be reached over loopback. */
  readonly networkNamespace: string | null
  readonly ageSeconds: number | null
  /**
   * The start time by the wall clock, ISO 8601, in whole seconds. It is equal in every view of the process, unless the
   * clock is set. For people; `startTime` identifies the process.
   */
  readonly startedAt: string | null
  readonly memoryBytes: number | null
  /** The CPU time used so far by all threads of the process, in user and kernel mode. Never decreases while the process lives. */
  readonly cpuSeconds: number | null
}

/** What a record says of the pid namespace of a daemon that could not read it. It is in records, so it never changes. */
export const UNKNOWN_NAMESPACE = 'unknown'

/** Returns whether two processes are proven to be in the same pid namespace. One that is not known is never the same. */
export function isSameNamespace(one: unknown, other: string): boolean {
  return one === other && other !== UNKNOWN_NAMESPACE
}

/** The machine and the process that runs the scan. */
export interface Host {
  readonly pid: number
  readonly user: string
  /** Identifies one boot of one machine. */
  readonly bootId: string
  /** Identifies this machine: a hash of its machine id, or of its host name if it has none. */
  readonly hostId: string
  /** The pid namespace alone: pids are valid only within it. `UNKNOWN_NAMESPACE` if it cannot be read. */
  readonly pidNamespace: string
  readonly namespaces: string
  readonly networkNamespace: string
  /** Whether this process may enter the mount namespaces of others of its user namespace, and the tool for that is there. */
  readonly mayEnter?: boolean
}
