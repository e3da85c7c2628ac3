import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ActorPlan } from './trial-plan.js'
import { childrenOf, listening } from './machine.js'
import { keepBusy, type Actor, type Cast } from './cast.js'
import { mount, writePrivate, type Stage } from './stage.js'
import {
  PYTHON,
  spawnPredecessor,
  writeDashboardRecord,
  writeSyncRecord,
  type Predecessor,
} from './stand-ins.js'
import { daemonTruth, type Truth } from './truth.js'

/** Daemons of the Python predecessor, as stand-ins, in every state in which one may be found. */

export interface Scene {
  readonly stage: Stage
  readonly cast: Cast
  readonly plan: ActorPlan
}

export type Enter = (scene: Scene) => Promise<void>

export const NOBODY = 65_534

/** How a predecessor's daemon is started, and the true facts about it after that. */
interface Old {
  readonly options?: (scene: Scene) => Readonly<Record<string, unknown>>
  readonly truth?: (scene: Scene) => Partial<Truth>
  /** Called when the daemon listens. */
  readonly after?: (scene: Scene, started: Predecessor, actor: Actor) => Promise<void> | void
}

const forkElsewhere = ({ plan }: Scene): Readonly<Record<string, unknown>> => ({
  keepChild: 'fork',
  env: { STAND_IN_FORK_PORT: String(plan.sparePort) },
})
const placeOfScope = ({ stage, plan }: Scene): string => stage.at(plan.scope)
const recorded = (scene: Scene): Partial<Truth> => ({ singletonOf: [placeOfScope(scene)] })
const otherRoot = ({ stage, plan }: Scene): string => stage.at(plan.scope === 'r2' ? 'r1' : 'r2')
const stopIt = (_scene: Scene, { child }: Predecessor): void => void child.kill('SIGSTOP')

function old(kind: Old = {}): Enter {
  return async (scene) => {
    const { stage, cast, plan } = scene
    const path = stage.at(plan.scope)
    const { family, port, version } = plan
    const place = family === 'sync' ? { root: path } : { project: path }
    mkdirSync(join(path, '.kittify'), { recursive: true })
    const started = await spawnPredecessor({
      family,
      port,
      version,
      ...place,
      cwd: '/',
      endCpuMs: 0,
      ...kind.options?.(scene),
    })
    const truth = daemonTruth(family, 'predecessor', path, kind.truth?.(scene))
    const actor = cast.add({ name: plan.id, kind: plan.kind, plan, ...started, truth })
    await kind.after?.(scene, started, actor)
  }
}

/** Starts the daemon of a scope on a drive of its own, which is taken out afterwards. */
/** How the name of a scope on a drive begins. */
export const DRIVE = 'drive-'

function onDrive(name: string, kind: Old): Enter {
  return async (scene) => {
    const drive = `${DRIVE}${scene.plan.port}`
    const path = scene.stage.at(drive)
    mkdirSync(path)
    // The directory must be older than the daemon, whose age is known in hundredths of a second.
    await sleep(50)
    mount(path)
    await old(kind)({ ...scene, plan: { ...scene.plan, scope: `${drive}/${name}` } })
    spawnSync('umount', ['-l', path])
  }
}

const early = ({ stage, plan }: Scene, more: Partial<Truth> = {}): Partial<Truth> => ({
  marker: null,
  environment: stage.at(plan.scope),
  ...more,
})

export const OLD_SYNC = {
  'old-stale': old(),
  'old-stale-deaf': old({
    options: () => ({ behaviour: 'deaf' }),
    truth: () => ({ answers: false }),
    after: ({ cast, plan }) => keepBusy(cast, plan.port),
  }),
  'old-stale-stopped': old({ truth: () => ({ answers: false }), after: stopIt }),
  'old-stale-stubborn': old({ options: () => ({ behaviour: 'ignore-term' }) }),
  'old-stale-hangs': old({ options: () => ({ behaviour: 'close-then-hang' }) }),
  'old-recorded': old({ options: () => ({ record: true }), truth: recorded }),
  'old-recorded-stopped': old({
    options: () => ({ record: true }),
    truth: (scene) => ({ ...recorded(scene), answers: false }),
    after: stopIt,
  }),
  'old-shared-owner': old({
    after: ({ stage, plan }) => {
      const owner = { pid: 1, port: plan.port + 1, token: 'other', package_version: '3.2.3' }
      writePrivate(join(stage.at(plan.scope), 'sync/daemon/owner.json'), JSON.stringify(owner))
    },
  }),
  'old-before-markers': old({ truth: (scene) => early(scene) }),
  'old-before-markers-recorded': old({
    options: () => ({ record: true }),
    truth: (scene) => early(scene, recorded(scene)),
  }),
  'old-before-markers-unmounted': onDrive('.spec-kitty', {
    options: () => ({ record: true }),
    truth: (scene) => early(scene, recorded(scene)),
  }),
  // As before, and another root has a copy of its record.
  'old-before-markers-copied': async (scene: Scene) => {
    await onDrive('.spec-kitty', {
      options: () => ({ record: true }),
      // The root with the copy uses it, too, as far as anything there tells.
      truth: (inside) => early(inside, { singletonOf: [inside, scene].map(placeOfScope) }),
      after: (_inside, { port, token, pid }) => writeOldRecord(scene, { port, token, pid }),
    })(scene)
  },
  'old-record-without-pid': old({
    truth: recorded,
    after: ({ stage, plan }, { port, token }) => void writeSyncRecord(stage.at(plan.scope), { port, token }),
  }),
  'old-record-with-wrong-pid': old({
    truth: (scene) => ({ ...recorded(scene), isOdd: true }),
    after: ({ stage, plan }, { port, token }) =>
      void writeSyncRecord(stage.at(plan.scope), { port, token, pid: process.pid }),
  }),
  'old-wrong-port-in-line': old({
    options: ({ plan }) => ({ argvPort: plan.port === 9449 ? 9448 : plan.port + 1 }),
    truth: () => ({ agrees: false }),
  }),
  'old-wrong-report': old({
    options: () => ({ health: { token: 'of another one', owner: { pid: process.pid } } }),
    truth: () => ({ agrees: false }),
  }),
  'old-wrong-scope-report': old({
    options: (scene) => {
      // A root that is not there, or empty, may only be unmounted.
      mkdirSync(join(otherRoot(scene), '.kittify'), { recursive: true })
      return { version: '3.2.5', health: { singleton_scope_id: otherRoot(scene) } }
    },
    truth: (scene) => ({ agrees: false, reported: otherRoot(scene) }),
  }),
  // The daemon's command line names a link to the root, and the record of that root names the daemon.
  'old-through-link': old({
    options: ({ stage, plan }) => {
      const link = join(stage.base, `link-${plan.port}`)
      symlinkSync(stage.at(plan.scope), link)
      return { marker: link, record: true }
    },
    truth: recorded,
  }),
  // The daemon's command line names one root, but the record of another root names the daemon.
  'old-used-by-environment': old({
    options: ({ stage }) => ({ env: { SPEC_KITTY_HOME: stage.at('r2') }, owner: false }),
    truth: ({ stage }) => ({ singletonOf: [stage.at('r2')] }),
    after: ({ stage }, { port, token, pid }) => void writeSyncRecord(stage.at('r2'), { port, token, pid }),
  }),
  // As before, but nothing of the daemon tells the other root.
  'old-used-untold': old({
    options: () => ({ env: { HOME: undefined, SPEC_KITTY_HOME: undefined }, owner: false }),
    truth: ({ stage }) => ({ singletonOf: [stage.at('r2')] }),
    after: ({ stage }, { port, token, pid }) => void writeSyncRecord(stage.at('r2'), { port, token, pid }),
  }),
  // The other root is named by bytes that are not UTF-8: a link that leads to it.
  'old-used-by-bytes': old({
    options: ({ stage }) => ({ node: nodeWithHome(stage), owner: false }),
    truth: ({ stage }) => ({ singletonOf: [stage.at('r2')] }),
    after: ({ stage }, { port, token, pid }) => void writeSyncRecord(stage.at('r2'), { port, token, pid }),
  }),
  // The daemon's fork has its own listener, on which it does not answer.
  'old-forked': old({
    options: (scene) => ({ ...forkElsewhere(scene), record: true }),
    truth: (scene) => ({ ...recorded(scene), isOdd: true }),
    after: addFork,
  }),
  'old-forked-without-pid': old({
    options: forkElsewhere,
    truth: (scene) => ({ ...recorded(scene), isOdd: true }),
    after: async (scene, started, actor) => {
      writeOldRecord(scene, { port: started.port, token: started.token })
      await addFork(scene, started, actor)
    },
  }),
  'old-wildcard': old({ options: () => ({ bind: '0.0.0.0' }) }),
  'old-ipv6': old({ options: () => ({ bind: '::1' }) }),
  'old-other-user': old({
    options: () => ({ uid: NOBODY, gid: NOBODY, owner: false }),
    truth: () => ({ isOtherUser: true }),
  }),
  'old-in-network': old({
    options: ({ stage }) => ({ node: nodeInNetwork(stage), record: true }),
    truth: (scene) => ({ ...recorded(scene), isBeyond: true }),
  }),
} satisfies Readonly<Record<string, Enter>>

/** Returns a program that runs node with a HOME whose default root is a link to r2, and whose name is not UTF-8. */
function nodeWithHome({ base, at }: Stage): string {
  const path = join(base, 'node-with-home')
  const home = Buffer.concat([Buffer.from(`${base}/caf`), Buffer.from([0xe9])])
  mkdirSync(home, { recursive: true })
  const link = Buffer.concat([home, Buffer.from('/.spec-kitty')])
  rmSync(link, { force: true })
  symlinkSync(at('r2'), link)
  const text = `#!/bin/bash\nunset SPEC_KITTY_HOME\nexport HOME=$'${base}/caf\\xe9'\nexec -a '${PYTHON}' '${process.execPath}' "$@"\n`
  writeFileSync(path, text, { mode: 0o755 })
  return path
}

/** Returns a program that runs node in its own network namespace. */
function nodeInNetwork({ base }: Stage): string {
  const path = join(base, 'node-in-network')
  const text = `#!/bin/sh\nexec unshare --net sh -c 'ip link set lo up && exec "$@"' sh '${process.execPath}' "$@"\n`
  writeFileSync(path, text, { mode: 0o755 })
  return path
}

async function addFork({ cast, plan, stage }: Scene, { pid }: Predecessor, parent: Actor): Promise<void> {
  const child = childrenOf(pid)[0]
  if (child === undefined) throw new Error('there is no fork')
  const port = plan.kind.startsWith('old-forked') ? plan.sparePort : null
  if (port !== null) await listens(port)
  const isPart = { isPart: true, answers: false, isOdd: true }
  const truth = daemonTruth(plan.family, 'predecessor', stage.at(plan.scope), isPart)
  cast.add({ name: `${plan.id} fork`, kind: `${plan.kind} (the fork)`, pid: child, port, truth, parent })
}

async function listens(port: number): Promise<void> {
  while (![...listening().values()].includes(port)) await sleep(20)
}

const takeAway = ({ stage, plan }: Scene): void => rmSync(stage.at(plan.scope), { recursive: true })

export const OLD_BOARDS = {
  'old-board-recorded': old({ options: () => ({ record: true }), truth: recorded }),
  'old-board-gone': old({ truth: () => ({ isProjectGone: true }), after: takeAway }),
  'old-board-gone-deaf': old({
    options: () => ({ behaviour: 'deaf' }),
    truth: () => ({ isProjectGone: true, answers: false }),
    after: async (scene) => {
      takeAway(scene)
      await keepBusy(scene.cast, scene.plan.port)
    },
  }),
  'old-board-unrecorded': old(),
  'old-board-replaced-by-link': old({
    options: () => ({ record: true }),
    truth: ({ stage }) => ({ marker: stage.at('p1'), isOdd: true }),
    after: ({ stage, plan }) => {
      renameSync(stage.at(plan.scope), `${stage.at(plan.scope)}.aside`)
      symlinkSync(stage.at('p1'), stage.at(plan.scope))
    },
  }),
  'old-board-unmounted': onDrive('project', {
    options: () => ({ record: true }),
    truth: (scene) => ({ ...recorded(scene), isProjectGone: null }),
  }),
  'old-board-forked': old({
    options: () => ({ record: true, keepChild: 'fork' }),
    truth: (scene) => ({ ...recorded(scene), isOdd: true }),
    after: addFork,
  }),
  'old-board-other-user': old({
    options: () => ({ uid: NOBODY, gid: NOBODY }),
    truth: () => ({ isOtherUser: true }),
  }),
  'old-board-wrong-report': old({
    options: ({ stage, plan }) => ({ health: { project_path: stage.at(plan.scope === 'p2' ? 'p1' : 'p2') } }),
    truth: () => ({ agrees: false }),
  }),
} satisfies Readonly<Record<string, Enter>>

/** Writes a predecessor's record of the scope. */
export function writeOldRecord(
  { stage, plan }: Pick<Scene, 'stage' | 'plan'>,
  fields: { readonly port: number; readonly token: string; readonly pid?: number },
): void {
  const path = stage.at(plan.scope)
  if (plan.family === 'sync') writeSyncRecord(path, fields)
  else writeDashboardRecord(path, fields)
}
