import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { clearStage, kill, until } from '../stage/processes.js'
import type { Lateness } from '../stage/lateness.js'
import type { EventServer } from '../stage/server.js'
import type { Place } from './actions.js'

const STAND_INS = fileURLToPath(new URL('../../../stand-ins/predecessor.mjs', import.meta.url))

/** How long orphans wait before they are used, because a predecessor's daemon counts as starting for 30 s. */
const AGE_MS = 31_000
/** How many groups of orphans are started in advance. */
const AHEAD = 10
const EVENTS = 3

/** Orphans in their own network namespace, and the home that they name. */
interface Orphans {
  readonly base: string
  readonly holder: number
  readonly pids: readonly number[]
  readonly since: number
}

/** Creates the directories of each trial, and cleans up after it. */
export function createStage(
  base: string,
  tool: string,
  older: string,
  server: EventServer,
  lateness: Lateness,
) {
  let made = 0
  let wanted = 0
  const pool: Orphans[] = []
  const fill = (): void => {
    while (wanted > 0 && pool.length < AHEAD) {
      wanted -= 1
      const place = join(base, 'trials', `orphans-${++made}`)
      pool.push(startOrphans(place))
    }
  }
  const isOld = (): boolean => pool[0] !== undefined && performance.now() - pool[0].since > AGE_MS
  const place = (at: string, orphans: Orphans | null): Place => {
    const home = join(at, 'home')
    return {
      base: at,
      home,
      project: join(at, 'project'),
      tool,
      older,
      server,
      // Hosted sync is off for the doctor, because with hosted sync on it would report that there is no session.
      env: { SPEC_KITTY_HOME: home, ...(orphans === null ? { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } : {}) },
      ids: Array.from({ length: EVENTS }, (_, index) => `${at.split('/').at(-1)}-${index}`),
      where: orphans === null ? [] : ['nsenter', `--net=/proc/${orphans.holder}/ns/net`],
      orphans: orphans?.pids ?? [],
    }
  }
  return {
    base,
    server,
    lateness,
    make: (needsOrphans = false): Place => {
      if (needsOrphans) {
        const orphans = pool.shift()
        if (orphans === undefined) throw new Error('no orphans are ready')
        return place(orphans.base, orphans)
      }
      const at = join(base, 'trials', `trial-${++made}`)
      mkdirSync(at)
      return place(at, null)
    },
    /** Ends the processes that the trial has started, and removes its directory. */
    clear: async ({ base: at }: Place): Promise<void> => {
      await clearStage(new Set(pool.flatMap(({ holder, pids }) => [holder, ...pids])))
      rmSync(at, { recursive: true, force: true })
      fill()
    },
    prepareOrphans: (count: number): void => {
      wanted += count
      fill()
    },
    hasOrphans: isOld,
    waitForOrphans: async (): Promise<void> => {
      if (!(await until(isOld, AGE_MS + 10_000))) throw new Error('no orphans grow old')
    },
    end: async (): Promise<void> => {
      for (const { holder, pids } of pool) for (const pid of [...pids, holder]) kill(pid, 'SIGKILL')
      await sleep(50)
    },
  }
}

/** Starts two daemons of a predecessor that name the same home but are in no record. */
function startOrphans(base: string): Orphans {
  mkdirSync(join(base, 'home'), { recursive: true, mode: 0o700 })
  const up = join(base, 'up')
  const holder = spawn(
    'unshare',
    ['--net', 'sh', '-c', `ip link set lo up && : > "$0" && exec sleep 1000000`, up],
    {
      stdio: 'ignore',
      detached: true,
    },
  )
  holder.unref()
  for (let tries = 0; !existsSync(up); tries++) {
    if (tries > 500) throw new Error('no network of its own')
    spawnSync('sleep', ['0.01'])
  }
  const script = `
    import { writeFileSync } from 'node:fs'
    import { spawnPredecessor } from ${JSON.stringify(STAND_INS)}
    const root = ${JSON.stringify(join(base, 'home'))}
    const pids = []
    for (const [port, version] of [[9410, '3.2.4'], [9411, '3.2.3']])
      pids.push((await spawnPredecessor({ family: 'sync', root, port, version, detached: true })).pid)
    writeFileSync(${JSON.stringify(join(base, 'pids'))}, JSON.stringify(pids))
    process.exit(0)`
  const starter = join(base, 'starter.mjs')
  writeFileSync(starter, script)
  const net = `--net=/proc/${holder.pid}/ns/net`
  const { status, stderr } = spawnSync('nsenter', [net, process.execPath, starter], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the orphans did not start: ${stderr}`)
  const pids = JSON.parse(readFileSync(join(base, 'pids'), 'utf8')) as number[]
  return { base, holder: holder.pid ?? 0, pids, since: performance.now() }
}
