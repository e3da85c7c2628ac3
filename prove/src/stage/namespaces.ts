import { spawn, spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'

const UNSHARE = ['--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc']

/** The variable that passes the outer pid namespace to a worker, so that it can check that it is inside another one. */
const OUTSIDE = 'PROVE_OUTSIDE_PIDS'

/** Returns why no trial can run on this machine; null if trials can run. */
export function whyImpossible(tools: readonly string[] = []): string | null {
  if (process.platform !== 'linux') return 'the trials need the namespaces of Linux'
  const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length > 0) return `there is no ${missing.join(', no ')} here`
  const { status } = spawnSync('unshare', [
    ...UNSHARE,
    'sh',
    '-c',
    'ip link set lo up && mount -t tmpfs none /mnt',
  ])
  return status === 0 ? null : 'no namespaces of its own for a trial here'
}

/**
 * Runs a worker in its own pid, network and mount namespaces, so that everything that it starts ends with it. `onLine` is
 * called with each JSON document that it prints. Rejects if the worker fails.
 */
export async function runWorker(script: string, task: object, onLine: (line: any) => void): Promise<void> {
  const inside = 'ip link set lo up && "$@"; exit $?'
  const args = [...UNSHARE, 'sh', '-c', inside, 'worker', process.execPath, script, JSON.stringify(task)]
  const child = spawn('unshare', args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      [OUTSIDE]: readlinkSync('/proc/self/ns/pid'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let problem = ''
  child.stderr.on('data', (chunk: Buffer) => (problem = (problem + chunk.toString()).slice(-4_000)))
  createInterface({ input: child.stdout }).on('line', (line) => onLine(JSON.parse(line)))
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`the worker ended with ${signal ?? code}: ${problem}`)),
    )
  })
}

/** Throws outside a private pid namespace, because a worker ends every process that it sees. */
export function assertPrivate(): void {
  const outside = process.env[OUTSIDE]
  if (outside === undefined || readlinkSync('/proc/self/ns/pid') === outside)
    throw new Error('a worker runs in a pid namespace of its own only')
  delete process.env[OUTSIDE]
}
