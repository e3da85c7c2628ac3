import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeOldRecord } from './actors-predecessor.js'
import { isNewer, familyOf, type Asked } from './oracle.js'
import type { CommandPlan, Intent, Vantage } from './trial-plan.js'
import { now } from './machine.js'
import { environmentOf, filesOf, type Stage } from './stage.js'
import { straceTo } from './trace.js'

/** A command that runs or has run. */
export interface Command {
  readonly plan: CommandPlan
  readonly index: number
  readonly asked: Asked
  readonly child: ChildProcess
  readonly trace: string
  readonly startedAt: number
  /** When and how the command ended. */
  readonly over: Promise<Over>
  /** True if the trial stopped or killed the command. */
  isDisturbed: boolean
}

export interface Over {
  readonly at: number
  readonly status: number | null
  readonly document: Readonly<Record<string, unknown>> | null
  readonly said: string
}

const WORDS: Readonly<Record<Intent, readonly string[]>> = {
  look: ['auth', 'doctor'],
  reset: ['auth', 'doctor', '--reset'],
  force: ['auth', 'doctor', '--reset', '--force'],
  'force-port': ['auth', 'doctor', '--reset', '--force', '--port'],
  start: ['sync', 'start'],
  stop: ['sync', 'stop'],
  restart: ['sync', 'restart'],
  hook: ['upgrade-hook'],
  'newer-start': ['sync', 'start'],
  'newer-hook': ['upgrade-hook'],
  'board-start': ['dashboard', 'start'],
  'board-stop': ['dashboard', 'stop'],
  'board-restart': ['dashboard', 'restart'],
  clean: ['dashboard', 'clean-up', '--yes'],
  'clean-force': ['dashboard', 'clean-up', '--yes', '--force'],
}

const PREFIX: Readonly<Record<Vantage, readonly string[]>> = {
  here: [],
  nobody: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
  network: ['unshare', '--net'],
  pids: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  time: ['unshare', '--time', '--boottime', '100000', '--fork', '--kill-child'],
  user: ['unshare', '--user', '--map-root-user'],
}

/** The time after which a command counts as hung. No command takes longer, because it waits at most 30 s for a lock. */
const HUNG_MS = 60_000

/** Starts a command under strace. With -D the tracer is not its parent, so the command is our child and we see its end. */
export function startCommand(stage: Stage, plan: CommandPlan, index: number, hasLooks: boolean): Command {
  const trace = join(stage.base, `trace-${index}`)
  const outputs = ['out', 'err'].map((name) => join(stage.base, `${name}-${index}`))
  const [out, err] = outputs.map((path) => openSync(path, 'w'))
  const scope = stage.at(plan.scope)
  const build = isNewer(plan.intent) ? stage.newerBuild : stage.build
  const words = [...WORDS[plan.intent], ...(plan.port === null ? [] : [String(plan.port)]), '--json']
  const line = [process.execPath, join(build, 'bin', 'spec-kitty.js'), ...words]
  const whole = [...straceTo(trace, hasLooks), ...PREFIX[plan.vantage], ...withLie(stage, plan, line)]
  const startedAt = now()
  const child = spawn(whole[0] ?? '', whole.slice(1), {
    env: environmentOf(stage, 'r0'),
    cwd: scope,
    stdio: ['ignore', out, err],
    detached: true,
  })
  for (const descriptor of [out, err]) closeSync(descriptor ?? 0)
  const asked = { intent: plan.intent, scope, vantage: plan.vantage, port: plan.port }
  return { plan, index, asked, child, trace, startedAt, over: overOf(child, outputs), isDisturbed: false }
}

/**
 * Returns the command line of a shell that writes its own pid into the predecessor's record, and then starts the command
 * as its child or replaces itself with it.
 */
function withLie(stage: Stage, plan: CommandPlan, line: readonly string[]): readonly string[] {
  if (plan.liar === null) return line
  const family = familyOf(plan.intent)
  const scene = {
    stage,
    plan: { ...plan, family, id: '', kind: 'sleep', version: '', port: 0, sparePort: 0 },
  } as const
  const record = filesOf(stage.at(plan.scope), family).old
  const given = readOr(record)
  if (given === null)
    writeOldRecord(scene, { port: family === 'sync' ? 9_449 : 9_336, token: 'x'.repeat(32), pid: 1 })
  const tell = `sed -i "4s/.*/$$/" '${record}'`
  return ['sh', '-c', plan.liar === 'parent' ? `${tell}; "$@"; exit $?` : `${tell}; exec "$@"`, 'sh', ...line]
}

function readOr(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function overOf(child: ChildProcess, [out = '', err = '']: readonly string[]): Promise<Over> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`a command hung: ${child.spawnargs.join(' ')}`)), HUNG_MS)
    child.once('error', reject)
    child.once('exit', (status) => {
      clearTimeout(timer)
      const said = `${readOr(err) ?? ''}${readOr(out) ?? ''}`
      resolve({ at: now(), status, document: documentOf(readOr(out)), said })
    })
  })
}

function documentOf(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text ?? '') as Readonly<Record<string, unknown>>
  } catch {
    return null
  }
}
