/**
 * The questions that the library asks an operating system, each answered with facts or with *unknown*. A backend reads
 * text (a file of /proc, the output of a system tool) and passes it to a pure parser. A fact that cannot be read, for
 * example for lack of permission, is null; null always means *unknown*, never *no*. A backend throws an error only if it
 * cannot answer a whole question, for example because a tool is missing.
 */

import type { LockHolding, ToldHolder } from '../../protocol/lock-holder.js'
import type { CommandLine, Host, Listener, PortRange, ProcessView } from '../../identity/machine.js'

export type { Host, Listener, PortRange, ProcessView } from '../../identity/machine.js'

export interface Platform {
  readonly name: 'linux' | 'darwin' | 'win32'
  /** Facts about the machine and this process. */
  host(): Promise<Host>
  /** Every listener on a port of the range, IPv4 and IPv6, each once. Throws `E_LOOK_FAILED` if they cannot be listed. */
  listeners(range: PortRange, deadline: AbortSignal): Promise<readonly Listener[]>
  /**
   * Returns the pid that holds each listener, by `Listener.socket`; unknown holders are absent. `hints` are pids to check
   * first: they are verified, never trusted. `onlyHints`: no other process is searched.
   */
  holders(
    listeners: readonly Listener[],
    hints: ReadonlySet<number>,
    deadline: AbortSignal,
    onlyHints?: boolean,
  ): Promise<ReadonlyMap<string, number>>
  /**
   * Calls `match` with the command line of every process, the highest pid first, and returns its results by pid, without
   * nulls. Returns null on a system where reading every command line is slow. The result only suggests which processes to
   * check first, because a process may end, or exec, at any moment.
   */
  matching<T extends object>(
    match: (command: CommandLine) => T | null,
  ): Promise<ReadonlyMap<number, T> | null>
  /** Returns the living processes among `pids`. A pid that is absent from the result does not exist or is a dead zombie. */
  inspect(pids: readonly number[], deadline: AbortSignal): Promise<ReadonlyMap<number, ProcessView>>
  /**
   * Returns when each of `pids` started, in milliseconds since 1970, by the current clock. Null if unknown, for example
   * for a process in another pid namespace, which has another pid there. A pid that is absent from the result does not
   * exist or is a dead zombie. Cheap enough to be called repeatedly: on Linux it takes one small read per pid.
   */
  startTimes(pids: readonly number[], deadline: AbortSignal): Promise<ReadonlyMap<number, number | null>>
  /**
   * Returns the holder of the kernel lock on a file. Null if the lock is free; `unknown` if it is unknown whether the
   * lock is held, or by which process. `told` is the holder that the text of the file names. It is returned only on
   * systems whose kernel does not name holders, and only if the lock is held. `pids` are processes to check first.
   */
  lockHolder(path: string, told: ToldHolder, pids: readonly number[]): Promise<LockHolding>
  /** Returns the environment of a process of this user; null if it cannot be read. */
  environment(pid: number): Promise<Readonly<Record<string, string>> | null>
}
