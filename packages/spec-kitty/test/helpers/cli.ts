import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NOBODY } from '../../../familiar/test/helpers/skip.js'

/** The command as it is installed: the built entry, run by the Node that runs the tests. */
export const CLI = fileURLToPath(new URL('../../bin/spec-kitty.js', import.meta.url))

/**
 * A command that gives up at once has done so by then, on a busy machine too; a wait for a start takes 15 s, one for a lock 30 s. How
 * long a command really takes is measured in `bench/`.
 */
export const AT_ONCE_MS = 12_000

/** The program of a daemon as it is installed. */
export const ENTRY = fileURLToPath(new URL('../../command/spec-kitty-daemon.js', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  /** Without what `waited` holds. */
  readonly stderr: string
  /** The lines that tell what the command waits for: on a busy machine any command may print one. */
  readonly waited: readonly string[]
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command line in front of ours: `setpriv ...`, `unshare ...`. */
  readonly prefix?: readonly string[]
  /** What it reads on its standard input; nothing if it is left out. */
  readonly input?: string
  readonly cwd?: string
}

/** Runs the command as another user, `nobody`. */
export const asNobody = {
  prefix: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
} as const

/** Runs the command and returns what it printed. Its environment is small: nothing of the developer's reaches it. */
export function runCli(args: readonly string[], options: RunOptions = {}): Ran {
  const command = [...(options.prefix ?? []), process.execPath, CLI, ...args]
  const { status, stdout, stderr } = spawnSync(command[0] ?? '', command.slice(1), {
    env: smallEnvironment(options.env),
    encoding: 'utf8',
    timeout: 90_000,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  return { status, stdout, ...withoutWaits(stderr) }
}

/** Separates what a command printed about waiting from everything else on its standard error. */
export function withoutWaits(stderr: string): Pick<Ran, 'stderr' | 'waited'> {
  const waits = /^waiting for .*\n/gm
  return { stderr: stderr.replaceAll(waits, ''), waited: stderr.match(waits) ?? [] }
}

/** Starts the command without waiting for it. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [CLI, ...args], { env: smallEnvironment(env), stdio: 'pipe' })
}

/** Runs the command with `--json` and returns its exit code and document. */
export function runJson(args: readonly string[], options: RunOptions = {}) {
  const { stdout, ...ran } = runCli([...args, '--json'], options)
  return { ...ran, document: JSON.parse(stdout) }
}

export function smallEnvironment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env }
}
