/**
 * The questions that the library asks an operating system, each answered with facts or with *unknown*.
 *
 * A backend reads text (a file of /proc, the output of a system tool) and passes it to a pure parser. What cannot be read,
 * for example because it is not permitted, is null; null always means *unknown*, never *no*. Only if a whole question
 * cannot be answered, for example because a tool is missing, does the backend throw an error.
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
   * The pid that holds each listener, by `Listener.socket`; unknown holders are absent. `hints` are pids worth checking
   * first: they are verified, never trusted. `onlyHints`: no other process is searched.
   */
  holders(
    listeners: readonly Listener[],
    hints: ReadonlySet<number>,
    deadline: AbortSignal,
    onlyHints?: boolean,
  ): Promise<ReadonlyMap<string, number>>
  /**
   * What `match` returns for the command line of every process, by pid, the highest pid first, without those for which it
   * returns null; null on a system where reading every command line is slow. Says only whom to check first: a process may
   * end, or exec, at any moment.
   */
  matching<T extends object>(
    match: (command: CommandLine) => T | null,
  ): Promise<ReadonlyMap<number, T> | null>
  /** The living processes among `pids`. A pid that is absent from the result is that of no process, or of a dead zombie. */
  inspect(pids: readonly number[], deadline: AbortSignal): Promise<ReadonlyMap<number, ProcessView>>
  /**
   * When each of `pids` started, in milliseconds since 1970, by the clock of now; null when it is not known, as for a process
   * in another pid namespace, which has another pid there. A pid that is absent from the result does not exist or is a dead
   * zombie. To be asked again and again: on Linux it takes one small read per pid.
   */
  startTimes(pids: readonly number[], deadline: AbortSignal): Promise<ReadonlyMap<number, number | null>>
  /**
   * The holder of the kernel lock on a file; null when the lock is free, `unknown` when that is not known or the holder is
   * not. `told` is the holder that the text of the file names: it is returned only on systems whose kernel does not name
   * holders, and only if the lock is held. `pids` are the processes worth checking first.
   */
  lockHolder(path: string, told: ToldHolder, pids: readonly number[]): Promise<LockHolding>
  /** The environment of a process of this user; null when it cannot be read. */
  environment(pid: number): Promise<Readonly<Record<string, string>> | null>
}
