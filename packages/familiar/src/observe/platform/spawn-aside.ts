import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { hasProcessGroups } from './select.js'

/** What ends the helpers that run. */
const running = new Set<() => void>()

function endAll(): void {
  for (const end of running) end()
}

/**
 * Starts a helper process that this process waits for: a system tool, or the child that reads scopes. Returns it and a
 * function that sends it SIGKILL. Throws the errors of `spawn`.
 *
 * Ctrl+C at a terminal sends SIGINT to the whole foreground process group. The helper gets a group of its own, so that a
 * command can still look at the processes that it has told to end. It is killed when this process exits. If this process
 * is killed, a helper that reads or writes ends, because its pipes are closed; one that hangs in a file system does not see
 * that, and stays until the file system answers. On Windows `windowsHide` has the same
 * effect: the helper gets a hidden console of its own. `detached` would leave it without one.
 */
export function spawnAside(
  file: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'stdio'>,
): { readonly child: ChildProcess; readonly end: () => void } {
  // Loaded here, because most scans need no helper, and loading takes 3 ms.
  const { spawn } = process.getBuiltinModule('node:child_process')
  const ending = new AbortController()
  const child = spawn(file, args, {
    ...options,
    detached: hasProcessGroups(),
    windowsHide: true,
    signal: ending.signal,
    killSignal: 'SIGKILL',
  })
  // Until Node has reported that a helper could not be started, it takes 0 for the pid, and would kill this process group.
  const end = (): void => {
    if (child.pid !== undefined) ending.abort()
  }
  const ended = (): void => {
    running.delete(end)
    if (running.size === 0) process.off('exit', endAll)
  }
  if (running.size === 0) process.on('exit', endAll)
  running.add(end)
  // A helper that could not be started emits no `close` event.
  child.once('error', ended)
  child.once('close', ended)
  return { child, end }
}
