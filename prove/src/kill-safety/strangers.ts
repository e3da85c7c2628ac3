import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { dirname, join } from 'node:path'
import { writeOldRecord, type Enter, type Scene } from './actors-predecessor.js'
import { childrenOf, ticksOf } from './machine.js'
import { truthOf, type Actor } from './cast.js'
import { filesOf, writePrivate, type Stage } from './stage.js'
import { dashboardArguments, PYTHON, spawnHostile, syncArguments } from './stand-ins.js'
import { STRANGER, type Truth } from './truth.js'

/** Processes that are not daemons of either family, even if they look like one or a record names them. */

const TOKEN = 'f'.repeat(32)

function enter(
  { cast, plan }: Scene,
  child: ChildProcess,
  port: number | null = null,
  more: Partial<Truth> = {},
): Actor {
  return cast.add({
    name: plan.id,
    kind: plan.kind,
    plan,
    pid: child.pid ?? 0,
    child,
    port,
    truth: { ...STRANGER, ...more },
  })
}

/** Starts a program that does nothing for a long time. */
export function sleeper(): ChildProcess {
  return spawn('/bin/sleep', ['1000000'], { stdio: 'ignore' })
}

function sleep(
  tell: (scene: Scene, pid: number) => void = () => {},
  more: (scene: Scene) => Partial<Truth> = () => ({}),
): Enter {
  return async (scene) => {
    const child = sleeper()
    enter(scene, child, null, more(scene))
    tell(scene, child.pid ?? 0)
  }
}

/** The same, with a record that names another start, another machine, or a token that is not in the command line. */
const falselyNamed = (tell: (scene: Scene, pid: number) => void): Enter =>
  sleep(tell, ({ stage, plan }) => ({ falselyNamedBy: stage.at(plan.scope) }))

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Writes a record in our format that names this process, as if a daemon had written it. */
export function lyingRecord({ stage, plan }: Scene, pid: number, more: object = {}): void {
  const { family } = plan
  const scope = stage.at(plan.scope)
  const told = {
    ...stage.record,
    family,
    scope,
    pid,
    birth: `${bootId()}/${ticksOf(pid) ?? '1'}`,
    port: plan.port,
    url: `http://127.0.0.1:${plan.port}`,
    pid_namespace: readlinkSync('/proc/self/ns/pid'),
    state: 'running',
    stop_reason: null,
    stopped_at: null,
  }
  writePrivate(filesOf(scope, family).record, `${JSON.stringify({ ...told, ...more }, null, 2)}\n`)
}

function hostile(kind: string, options: object = {}): Enter {
  return async (scene) => {
    const { child } = await spawnHostile(kind, scene.plan.port, options)
    enter(scene, child, scene.plan.port)
  }
}

/** Returns the health reply of a daemon on the stage or, if there is none, one that such a daemon would send. */
async function healthOnStage({ cast, plan, stage }: Scene, implementation: 'own' | 'predecessor') {
  const real = cast.actors.find((actor) => {
    const truth = truthOf(actor)
    return (
      truth.family === plan.family &&
      truth.implementation === implementation &&
      truth.answers &&
      !truth.isBeyond
    )
  })
  const said = real?.port == null ? null : await healthAt(real.port)
  const scope = stage.at(plan.scope)
  return (
    said ?? {
      status: 'ok',
      token: TOKEN,
      daemon_family: plan.family,
      singleton_scope_id: scope,
      protocol_version: 1,
      package_version: '3.2.5',
      sync: { running: true },
      owner: { pid: real?.pid ?? process.pid, port: plan.port },
    }
  )
}

function healthAt(port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/api/health', timeout: 2_000 }, (reply) => {
      let text = ''
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
      reply.on('end', () => {
        try {
          resolve(JSON.parse(text))
        } catch {
          resolve(null)
        }
      })
    })
    request.on('error', () => resolve(null)).on('timeout', () => request.destroy())
  })
}

function mimic(implementation: 'own' | 'predecessor'): Enter {
  return async (scene) => {
    const payload = await healthOnStage(scene, implementation)
    const { child } = await spawnHostile('mimic', scene.plan.port, { payload })
    enter(scene, child, scene.plan.port)
  }
}

/** A preload script that blocks before node reaches the program that the command line names. */
const IDLE = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)\n'

/** Starts a node process with this command line that does nothing. */
export function idleWithArguments({ base }: Stage, [argv0 = '', ...args]: readonly string[]): ChildProcess {
  const preload = join(base, 'idle.cjs')
  writeFileSync(preload, IDLE)
  const env = { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: `--require "${preload}"` }
  return spawn(process.execPath, args, { argv0, env, stdio: 'ignore' })
}

export const STRANGERS = {
  sleep: sleep(),
  'sleep-named-by-record': sleep((scene, pid) => lyingRecord(scene, pid)),
  'sleep-named-by-old-record': falselyNamed((scene, pid) =>
    writeOldRecord(scene, { port: scene.plan.port, token: TOKEN, pid }),
  ),
  'sleep-named-by-lock': sleep(({ stage, plan }, pid) => {
    const text = { pid, birth: `${bootId()}/${ticksOf(pid)}`, since: new Date().toISOString() }
    writePrivate(filesOf(stage.at(plan.scope), plan.family).lock, `${JSON.stringify(text)}\n`)
  }),
  'sleep-named-for-the-future': falselyNamed((scene, pid) =>
    lyingRecord(scene, pid, { birth: `${bootId()}/999999999999` }),
  ),
  'sleep-named-from-elsewhere': falselyNamed((scene, pid) =>
    lyingRecord(scene, pid, { host_id: '0123456789abcdef', boot_id: '11111111-2222-3333-4444-555555555555' }),
  ),
  'named-like-ours': async (scene) => {
    const { stage, plan } = scene
    // Each process gets its own file, because a shell reads its script while it runs.
    const script = join(stage.base, plan.id, 'spec-kitty-daemon.js')
    mkdirSync(dirname(script))
    writeFileSync(script, 'read -r _\n')
    const path = stage.at(plan.scope)
    const marker =
      plan.family === 'sync' ? `--spec-kitty-daemon-root=${path}` : `--spec-kitty-dashboard-project=${path}`
    const child = spawn('bash', [script, plan.family, marker], { stdio: ['pipe', 'ignore', 'ignore'] })
    enter(scene, child)
  },
  'shape-without-port': async (scene) => {
    const { stage, plan } = scene
    const path = stage.at(plan.scope)
    const args =
      plan.family === 'sync'
        ? syncArguments(plan.port, TOKEN, path, plan.version)
        : dashboardArguments(plan.port, TOKEN, path)
    enter(scene, idleWithArguments(stage, [PYTHON, ...args]))
  },
  'mimic-of-old': mimic('predecessor'),
  'mimic-of-own': mimic('own'),
  'web-server': hostile('http'),
  silent: hostile('silent'),
  drip: hostile('drip', { delayMs: 50 }),
  flood: hostile('endless'),
  redirect: hostile('redirect', { payload: 9_400 }),
  resetting: hostile('reset'),
  'wrong-types': hostile('wrong-types'),
  zombie: async (scene) => {
    const child = spawn('sh', ['-c', 'sleep 0 & exec sleep 1000000'], { stdio: 'ignore' })
    enter(scene, child)
    const [dead] = await untilSome(() => childrenOf(child.pid ?? 0))
    if (dead !== undefined) lyingRecord(scene, dead)
  },
  'pid-one-named-by-record': async (scene) => lyingRecord(scene, 1),
} satisfies Readonly<Record<string, Enter>>

async function untilSome(find: () => readonly number[]): Promise<readonly number[]> {
  for (let tries = 0; tries < 100; tries++) {
    const found = find()
    if (found.length > 0) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return []
}
