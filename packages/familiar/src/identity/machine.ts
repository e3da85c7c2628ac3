/** What an operating system's backend reports, as plain data. Null always means *unknown*, never *no*. */

/** A half-open range of TCP ports: `from` is in it, `to` is not. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/** One TCP socket in LISTEN state. */
export interface Listener {
  readonly port: number
  /** The bound address as text: `127.0.0.1`, `0.0.0.0`, `::1`, `::`. IPv4-mapped addresses are given as IPv4. */
  readonly address: string
  /** Names this very socket while it lives (Linux: its inode), so that a later look can tell it from a new one. */
  readonly socket: string
  /** Owner of the socket (POSIX uid as text, Windows SID), null when unknown. */
  readonly user: string | null
  /** The process that holds it, where the system's listing says so; null when not told or unknown. */
  readonly pid: number | null
}

/**
 * A command line as the system gives it: `args` where the system keeps the arguments apart, `text` where it only has
 * them joined by blanks (macOS `ps`).
 */
export type CommandLine = { readonly args: readonly string[] } | { readonly text: string }

/** Returns a command line as one text, to compare or to search. */
export function commandText(command: CommandLine): string {
  return 'args' in command ? command.args.join('\0') : command.text
}

/** One living process. Every null is *unknown*. */
export interface ProcessView {
  readonly pid: number
  readonly parent: number | null
  /**
   * The start time as the kernel keeps it, with the boot: equal text and pid, same process. Never a wall-clock time
   * that a clock change could move.
   */
  readonly birth: string | null
  /** Owner (POSIX effective uid as text, Windows SID). */
  readonly user: string | null
  readonly command: CommandLine | null
  readonly executable: string | null
  /** True when the executable is known to be gone from disk, false when known to be there. */
  readonly executableGone: boolean | null
  /** True when its working directory was removed while it stood there, false when not. */
  readonly workingDirectoryGone: boolean | null
  /** Its working directory as a path; null when unknown or removed. */
  readonly workingDirectory: string | null
  /**
   * Where its facts hold: the pid, mount, time and user namespaces and the root directory, as text; on systems without
   * them a constant.
   */
  readonly namespaces: string | null
  /** The network namespace as text: a process in another one cannot be reached over loopback. */
  readonly networkNamespace: string | null
  readonly ageSeconds: number | null
  readonly memoryBytes: number | null
  /** What all its threads have used so far, in user and kernel mode. It never shrinks while the process lives. */
  readonly cpuSeconds: number | null
}

/** The machine and process that looks. */
export interface Host {
  readonly pid: number
  readonly user: string
  readonly bootId: string
  /** Names this machine: a hash of its machine id, or of its host name where it has none. */
  readonly hostId: string
  /** The pid namespace alone: pids mean something only within it. */
  readonly pidNamespace: string
  readonly namespaces: string
  readonly networkNamespace: string
}
