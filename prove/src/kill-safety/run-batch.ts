import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { BUILT, copyBuild } from '../stage/builds.js'
import { planOf } from './choose-trial.js'
import type { TrialOrder, TrialResult } from './trial.js'

/** Runs trials in parallel: while the daemons of some grow old, others run their commands. */

const TRIAL = fileURLToPath(new URL('trial.js', import.meta.url))
const NAMESPACES = ['unshare', '--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc']

/** How long the daemons of a stage grow old, because a predecessor's daemon counts as starting for 30 s. */
const AGE_MS = 31_800
/** The maximum number of stages that grow old at the same time, because each takes some hundred megabytes. */
const MOST_ALIVE = 24
const HUNG_MS = 240_000

/** The resources that all trials share. */
export interface House {
  readonly home: string
  readonly newer: string
  readonly record: TrialOrder['record']
  end(): void
}

/** Returns why the trials are impossible on this machine; null if they are possible. */
export function whyImpossible(): string | null {
  if (process.platform !== 'linux') return 'it needs the namespaces of Linux'
  if (spawnSync('strace', ['-V']).status !== 0) return 'there is no strace'
  const tried = spawnSync('strace', [
    '-D',
    '-f',
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    ...NAMESPACES,
    'sh',
    '-c',
    'ip link set lo up',
  ])
  return tried.status === 0 ? null : `this user may not make namespaces: ${String(tried.stderr).trim()}`
}

export function makeHouse(): House {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-prove-')))
  const newer = join(home, 'newer')
  copyBuild(newer, '4.99.0')
  return { home, newer, record: recordOf(home), end: () => rmSync(home, { recursive: true, force: true }) }
}

/** Returns a record as a daemon of ours writes it. It is used for false records about innocent processes. */
function recordOf(home: string): TrialOrder['record'] {
  const root = join(home, 'root')
  mkdirSync(root)
  const cli = join(BUILT, 'bin', 'spec-kitty.js')
  const line = `ip link set lo up && '${process.execPath}' '${cli}' sync start --json`
  const { PATH = '' } = process.env
  const env = { PATH, HOME: home, SPEC_KITTY_HOME: root }
  const { status, stderr } = spawnSync(NAMESPACES[0] ?? '', [...NAMESPACES.slice(1), 'sh', '-c', line], {
    env,
  })
  if (status !== 0) throw new Error(`no daemon could be started: ${String(stderr)}`)
  return JSON.parse(readFileSync(join(root, 'daemons', 'sync', 'record.json'), 'utf8'))
}

/** Returns a semaphore with this many places. */
function places(count: number) {
  let free = count
  const waiting: (() => void)[] = []
  return {
    take: async (): Promise<void> => {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
    },
    give: (): void => {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    },
  }
}

export interface Batch {
  readonly house: House
  readonly build: string
  readonly seeds: readonly number[]
  /** How many trials set up their stage or run commands at the same time. */
  readonly width: number
  /** Called with each result as it arrives; returns false if no further trial may begin. */
  readonly onResult: (result: TrialResult | { readonly seed: number; readonly error: string }) => boolean
}

/** Runs the trials with these seeds. After Ctrl+C, no further trial begins. */
export async function runBatch({ house, build, seeds, width, onResult }: Batch): Promise<void> {
  const [busy, alive] = [places(width), places(MOST_ALIVE)]
  let goesOn = true
  process.once('SIGINT', () => (goesOn = false))
  const all: Promise<void>[] = []
  for (const seed of seeds) {
    await alive.take()
    await busy.take()
    if (!goesOn) break
    const trial = runTrial(house, build, seed, busy)
      .then((result) => (goesOn = onResult(result) && goesOn))
      .finally(alive.give)
    all.push(trial.then(() => undefined))
  }
  await Promise.all(all)
}

type Places = ReturnType<typeof places>

/** Runs a trial. The caller has taken a place in `busy`, which is released while the daemons of the stage grow old. */
async function runTrial(
  { home, newer, record }: House,
  build: string,
  seed: number,
  busy: Places,
): Promise<TrialResult | { readonly seed: number; readonly error: string }> {
  const base = mkdtempSync(join(home, 'trial-'))
  const order: TrialOrder = { seed, base, build, newerBuild: newer, record, ageMs: AGE_MS }
  const line = [
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
    process.execPath,
    TRIAL,
    JSON.stringify(order),
  ]
  const child = spawn(NAMESPACES[0] ?? '', [...NAMESPACES.slice(1), ...line], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let isBusy = true
  let last = ''
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), HUNG_MS)
  for await (const said of createInterface({ input: child.stdout })) {
    last = said
    if (said === 'staged' && planOf(seed).isAged) {
      busy.give()
      isBusy = false
    }
    if (said !== 'ready') continue
    if (!isBusy) await busy.take()
    isBusy = true
    child.stdin.write('go\n')
  }
  if (isBusy) busy.give()
  clearTimeout(timer)
  rmSync(base, { recursive: true, force: true })
  return last.startsWith('{')
    ? (JSON.parse(last) as TrialResult)
    : { seed, error: told.trim() || `it said '${last}'` }
}
