import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { processOf, type Process } from './dashboards.js'

/** Daemons of the predecessor in a real Python: two on one port, and a forked child, are beyond Node. */

const MODULES = fileURLToPath(new URL('../fixtures/processes/python', import.meta.url))

/** Returns the path of a Python 3, null where there is none. (What is on PATH may be a script that starts it.) */
export function findPython(): string | null {
  const { status, stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  })
  return status === 0 ? stdout.trim() : null
}

export interface PythonDaemon extends Process {
  /** The processes that serve the port: itself, or with a fork the child and (where it is shared) the parent. */
  readonly child: Process | null
  stop(): void
}

/** Starts `python -c SCRIPT MARKER...`; resolves when it serves. `fork`: its child serves with it, or in its place. */
export async function startPython(
  python: string,
  args: readonly string[],
  {
    fork,
    env = {},
  }: { readonly fork?: 'shared' | 'moved'; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<PythonDaemon> {
  const child = spawn(python, args, {
    env: {
      ...env,
      PYTHONPATH: MODULES,
      PYTHONDONTWRITEBYTECODE: '1',
      ...(fork === undefined ? {} : { STAND_IN_FORK: fork }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const serving = processOf(await readyPid(child))
  const started = processOf(child.pid ?? 0)
  const all = serving.pid === started.pid ? [started] : [serving, started]
  return {
    ...started,
    child: serving.pid === started.pid ? null : serving,
    stop: () => all.forEach(({ pid }) => kill(pid)),
  }
}

function readyPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(Number(text.toString().split(' ')[1])))
    child.once('exit', (code) => reject(new Error(`the Python stand-in ended with ${code}`)))
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It may have ended, which the test will say.
  }
}
