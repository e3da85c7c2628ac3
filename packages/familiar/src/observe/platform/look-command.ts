import { apartFrom } from '../../identity/apart.js'
import type { Host, ProcessView } from '../../identity/machine.js'

/**
 * Returns a command that shows the states of processes (`T`: stopped by a signal), their owners, their start times, their full command lines and their working
 * directories. If a daemon names no home or project, its working directory may show which one it belongs to. The command
 * changes nothing, and is one line that can be run as printed. `pwdx` comes with the `ps` of Linux, `lsof` with macOS;
 * Windows shows no working directory.
 */
export function lookCommand(pids: readonly number[], system: NodeJS.Platform = process.platform): string {
  if (system !== 'win32') {
    const where = system === 'darwin' ? `lsof -a -d cwd -p ${pids.join(',')}` : `pwdx ${pids.join(' ')}`
    return `ps -ww -p ${pids.join(',')} -o pid,stat,user,lstart,args; ${where}`
  }
  const filter = pids.map((pid) => `ProcessId=${pid}`).join(' or ')
  return `powershell -NoProfile -Command "Get-CimInstance Win32_Process -Filter '${filter}' | Format-List ProcessId,CreationDate,CommandLine"`
}

/** Returns the command that asks a process to end. On Windows there is none that asks, so it ends it. */
export function endCommand(pid: number, system: NodeJS.Platform = process.platform): string {
  return system === 'win32' ? `taskkill /F /PID ${pid}` : `kill ${pid}`
}

/**
 * Returns a sentence with the commands with which a user looks at a process that no command of ours finds any more, and ends it. It is
 * ended only after a look, because the pid may belong to another process by then.
 */
export function byHand(pid: number, system: NodeJS.Platform = process.platform): string {
  const kill = system === 'win32' ? `taskkill /F /PID ${pid}` : `kill -9 ${pid}`
  return `\`${lookCommand([pid], system)}\` shows it, \`${kill}\` ends it`
}

/**
 * Returns the command that runs `command` where a process runs that has other mounts; null if it cannot be entered from here,
 * or if what it would find there is not known: with another root directory or user namespace, the tool may not be there.
 */
export function enterCommand(found: ProcessView | null, host: Host, command: string): string | null {
  if (found === null || host.mayEnter !== true) return null
  const { differs } = apartFrom(found, host)
  const isOther = differs.includes('user namespace') || differs.includes('time namespace')
  if (!differs.includes('mount namespace') || isOther || found.hasOurRoot !== true) return null
  const { networkNamespace: net } = found
  const flags = [
    '-m',
    ...(differs.includes('pid namespace') ? ['-p'] : []),
    ...(net !== null && net !== host.networkNamespace ? ['-n'] : []),
  ]
  return `nsenter -t ${found.pid} ${flags.join(' ')} -- ${withoutShell(command)}`
}

/** Returns a command that no shell has to read: `cd DIR && tool stop` is `env -C DIR tool stop`, and a variable is set by `env`. */
function withoutShell(command: string): string {
  const moved = command.replace(
    /^cd (.+) && ([^&]+)$/,
    (_, path: string, rest: string) => `env -C ${path} ${rest}`,
  )
  return /^[A-Z_]+=/.test(moved) ? `env ${moved}` : moved
}
