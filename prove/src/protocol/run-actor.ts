/** Runs the shipped code of one actor up to its next effect, with the results that it has received so far. */
import type { Load, Program } from './bundle.js'
import { textOf, type Effect, type EffectName, type Effects, type Plain } from './effects.js'

export interface Role {
  readonly kind: 'client' | 'daemon'
  readonly version: number
  /** The actor's pid; 0 for a client, because nothing depends on its own pid. */
  readonly pid: number
}

/**
 * Effects whose result the code uses at once. After any other effect, the code may continue to its next effect before the
 * first has happened; that next effect is then held back.
 */
const TELLING: ReadonlySet<EffectName> = new Set([
  'lock.try',
  'lock.look',
  'record.read',
  'record.disk',
  'record.mark',
  'kill',
  'spawn',
])

/** Thrown by an effect that has no result yet. Everything that the code does after that is ignored. */
const HALT = Object.assign(new Error('halted'), { isHalt: true })

/** The maximum number of turns of the event loop to the next effect. Code that needs more hangs. */
const MOST_TURNS = 40

/** After this number of turns without an effect, a daemon that serves counts as idle. */
const QUIET_TURNS = 4

/** Runs the code of an actor with the results of its effects so far, and returns its next effect. */
export async function runActor(load: Load, role: Role, history: readonly Plain[]): Promise<Effect> {
  const given = [...history]
  const seen: { next: Effect | null; fault: string | null } = { next: null, fault: null }
  const take = (name: EffectName, args: readonly Plain[]): { readonly result: Plain } | null => {
    if (seen.next !== null) return null
    if (given.length > 0) return { result: given.shift() ?? null }
    seen.next = { name, args }
    return null
  }
  const effects: Effects = {
    self: role,
    clock: { now: 1_000_000 },
    situation: { scope: 'here', isReplaced: false },
    events: new Map(),
    fail: (why) => (seen.fault ??= why),
    sync: (name, ...args) => {
      const taken = take(name, args)
      if (taken === null && TELLING.has(name)) throw HALT
      return taken?.result ?? null
    },
    async: (name, ...args) => {
      const taken = take(name, args)
      return taken === null ? new Promise(() => undefined) : Promise.resolve(taken.result)
    },
  }
  let isServing = false
  const program = load(effects)
  const work = role.kind === 'client' ? runClient(program, role, take) : runDaemon(program, role, effects)
  void work.then(
    () => (isServing = true),
    (error: unknown) => take('end', [`error ${codeOf(error)}`]),
  )
  for (let turn = 0, quiet = 0; seen.next === null; turn++, quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (seen.fault !== null)
      throw new Error(`the ${role.kind} fails where the shipped one would not: ${seen.fault}`)
    if (turn > MOST_TURNS + history.length * QUIET_TURNS)
      throw new Error(`the ${role.kind} hangs after ${JSON.stringify(history)}`)
    if (seen.next !== null || !isServing || role.kind === 'client' || quiet < QUIET_TURNS) continue
    const event = take('idle', [])
    if (event !== null) happen(effects, textOf(event.result))
    quiet = 0
  }
  return seen.next
}

/** The idle time of a daemon. It is longer than every wait, so that it passes only if the exploration chooses that. */
const IDLE_MS = 900_000

/** Sends an event to a daemon that serves: a signal, a request, a tick, or a tick on which it must retire. */
function happen({ events, clock, situation }: Effects, event: string): void {
  const [name = '', reason] = event.split(' ')
  const act = (): void => void events.get(name)?.()
  if (reason === 'unused') clock.now += IDLE_MS
  if (reason === 'replaced') situation.isReplaced = true
  if (reason === 'absent') {
    situation.scope = 'absent'
    act()
  }
  act()
  situation.scope = 'here'
}

function codeOf(error: unknown): string {
  const { code, stack } = error as { readonly code?: string; readonly stack?: string }
  return code ?? String(stack)
}

type Take = (name: EffectName, args: readonly Plain[]) => unknown

async function runClient(program: Program, { version }: Role, take: Take): Promise<void> {
  const { family, SCOPE: scope, platform, versionText } = program
  const found = await program.connect({
    family,
    scope,
    platform,
    self: {
      implementation: 'own',
      packageVersion: versionText(version),
      protocolVersion: 1,
      buildTime: null,
      executable: 'node',
    },
    launch: { args: [], env: {}, cwd: '/', logFile: `${scope}/log` },
    doctorCommand: () => 'doctor',
    stopCommand: 'stop',
    versionVariable: '',
  })
  take('end', [`daemon ${found.record.pid}`])
}

async function runDaemon(program: Program, { version }: Role, effects: Effects): Promise<void> {
  const { family, SCOPE: scope, platform, versionText } = program
  await program.serve({
    family,
    scope,
    platform,
    logFile: `${scope}/log`,
    packageVersion: versionText(version),
    protocolVersion: 1,
    buildTime: null,
    describe: () => ({}),
    isInstallationChanged: () => effects.situation.isReplaced,
    timing: { tickMs: 30_000, idleMs: IDLE_MS, drainMs: 5_000, cleanEveryMs: 60_000 },
    mayHavePipe: true,
    exit: (code: number) => effects.sync('exit', code),
  })
}
