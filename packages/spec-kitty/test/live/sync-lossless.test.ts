import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { times, timeoutFor } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { newSeed, randomFrom } from '../../../familiar/test/helpers/random.js'
import { startCli } from '../helpers/cli.js'
import { endOf, textOf } from '../helpers/dashboards.js'
import { startSyncServer, type SyncServer } from '../helpers/sync-server.js'
import { claimsIn } from './queue-claims.js'
import { faultyServer, type Faults } from './sync-faulty-server.js'
import { lives, makeRoot, signal, until, type SyncRoot } from './sync-root.js'
import { CONSENT, writeSession } from './sync-work.js'

/**
 * What is acknowledged is never lost: eight processes publish while the daemon uploads to a server that fails in every way it
 * can, and while the daemon is killed again and again. With FAMILIAR_FULL=1: 10 000 events and 100 kills.
 */
const PUBLISHERS = 8
const EVENTS = times(640, 10_000)
const KILLS = times(9, 100)
const PER_COMMAND = 40
const SEED = newSeed()

/** When the daemon is killed: at any moment, and at each step of its work. */
const MOMENTS = ['any', 'claimed', 'sent', 'answered'] as const

/** How long to wait for a step; a daemon that rests because the server failed may not come to it. */
const STEP_MS = 1_500

let root: SyncRoot
let server: SyncServer

beforeEach(async () => {
  root = makeRoot()
  server = await startSyncServer()
})

afterEach(async () => {
  await root.end()
  await server.close()
})

it(
  `loses nothing of ${EVENTS} events by ${PUBLISHERS} processes, over ${KILLS} kills of the daemon, seed ${SEED}`,
  async () => {
    const random = randomFrom(SEED)
    const faults = faultyServer(server, random)
    const env = { ...root.env, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    writeSession(root.path, server.url)
    const projects = ['one', 'two', 'three'].map((name) => makeProject(name))
    const done = { isDone: false }
    const publishing = Promise.all(
      Array.from({ length: PUBLISHERS }, (_, index) => publisher(index, projects, env)),
    ).finally(() => (done.isDone = true))
    const drained = { isDone: false }
    const draining = drainAgainAndAgain(env, drained)
    const killing = killAgainAndAgain(faults, random, done)
    const published = (await publishing).flat()
    const kills = await killing
    drained.isDone = true
    await draining
    faults.calm()
    const last = await drain(env)

    const dead = deadLetters(env)
    const taken = new Set([...server.accepted, ...dead])
    const lost = published.filter((id) => !taken.has(id))
    figure(
      `${published.length} acknowledged, ${server.accepted.length} sendings accepted of ${new Set(server.accepted).size} events, ${dead.length} dead letters, ${kills} kills, ${server.requests.length} requests, seed ${SEED}; lost: ${lost.length}\n${JSON.stringify(faults.tally())}`,
    )
    expect({ last, lost, published: published.length, kills }).toMatchObject({
      last: [{ event: 'finished', kept: 0, reason: null }],
      lost: [],
      published: EVENTS,
      kills: KILLS,
    })
    expect(taken.size).toBe(EVENTS)
    expect(dead.toSorted()).toEqual(published.filter((id) => faults.isPoison(id)).toSorted())
    expect(JSON.parse(root.run(['sync', 'queue', '--json'], { env }).stdout)).toMatchObject({ queued: 0 })
    expect(outOfOrder(server)).toEqual([])
  },
  timeoutFor(KILLS, 6_000),
)

function makeProject(name: string): string {
  const project = join(root.base, name)
  mkdirSync(join(project, '.kittify'), { recursive: true })
  writeFileSync(join(project, '.kittify', 'config.yaml'), CONSENT)
  return project
}

/** Publishes its share, some events a command, and returns the ids that were acknowledged. */
async function publisher(
  index: number,
  projects: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const acknowledged: string[] = []
  for (let from = 0; from < EVENTS / PUBLISHERS; from += PER_COMMAND) {
    const count = Math.min(PER_COMMAND, EVENTS / PUBLISHERS - from)
    const ids = Array.from({ length: count }, (_, at) => `p${index}-${String(from + at).padStart(6, '0')}`)
    const project = projects[(index + from / PER_COMMAND) % projects.length] ?? ''
    const child = startCli(['sync', 'publish', '-', '--project', project, '--json'], env)
    child.stdin.end(
      ids.map((id) => `{"event_id":"${id}","event_type":"T","payload":{"n":${from}}}\n`).join(''),
    )
    const [out, problem] = await Promise.all([textOf(child.stdout), textOf(child.stderr), endOf(child)])
    const { queued } = JSON.parse(out === '' ? '{}' : out) as { queued?: number }
    if (queued !== count) throw new Error(`publish queued ${queued} of ${count}: ${out}${problem}`)
    acknowledged.push(...ids)
  }
  return acknowledged
}

async function killAgainAndAgain(
  faults: Faults,
  random: () => number,
  publishing: { readonly isDone: boolean },
): Promise<number> {
  let kills = 0
  while (kills < KILLS) {
    const daemon = root.remember()
    if (daemon === null || !lives(daemon)) {
      await sleep(10)
      // When all is published, no publisher is left to start the next daemon.
      if (publishing.isDone) root.run(['sync', 'start'], { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } })
      continue
    }
    const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? 'any'
    await reach(moment, faults, random)
    if (!lives(daemon)) continue
    signal(daemon, 'SIGKILL')
    kills += 1
  }
  return kills
}

async function reach(moment: (typeof MOMENTS)[number], faults: Faults, random: () => number): Promise<void> {
  if (moment === 'any') await sleep(random() * 600)
  else if (moment === 'claimed') await until(() => claimsIn(root.file('queue.db')) > 0, STEP_MS, 2)
  else await Promise.race([faults.reached(moment), sleep(STEP_MS)])
}

/** A daemon that the server failed rests for a while; a drain makes it try at once, so that it meets more failures. */
async function drainAgainAndAgain(
  env: Readonly<Record<string, string>>,
  end: { readonly isDone: boolean },
): Promise<void> {
  while (!end.isDone) {
    const child = startCli(['sync', 'now', '--json', '--timeout', '5'], env)
    child.stdout.resume()
    child.stderr.resume()
    await endOf(child)
    root.remember()
  }
}

/**
 * Drains until nothing waits; a drain may meet what is left of the last fault. Returns the end of the drain that was done or, if
 * none was, of each.
 */
async function drain(env: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const ends: unknown[] = []
  for (const end = performance.now() + 90_000; performance.now() < end; await sleep(100)) {
    const child = startCli(['sync', 'now', '--json'], env)
    const [out, , code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), endOf(child)])
    root.remember()
    const last: unknown = JSON.parse(out.trimEnd().split('\n').at(-1) ?? 'null')
    if (code === 0) return [last]
    ends.push(last)
  }
  return ends
}

function deadLetters(env: Readonly<Record<string, string>>): readonly string[] {
  const { stdout } = root.run(['sync', 'queue', '--dead', '--json'], { env })
  const { dead_letters: letters } = JSON.parse(stdout) as {
    dead_letters: readonly { readonly event_id: string }[]
  }
  return letters.map(({ event_id }) => event_id)
}

/** Events of one publisher in one project that first arrived after a later one of the same: in order, there is none. */
function outOfOrder({ requests }: SyncServer): readonly string[] {
  const seen = new Set<string>()
  const latest = new Map<string, string>()
  const wrong: string[] = []
  for (const { body, ids } of requests) {
    if (ids.length === 0) continue
    const { events } = JSON.parse(body) as { events: readonly { event_id: string; project_uuid: string }[] }
    for (const { event_id: id, project_uuid: project } of events) {
      if (seen.has(id)) continue
      seen.add(id)
      const line = `${id.split('-')[0]} ${project}`
      if (id < (latest.get(line) ?? '')) wrong.push(`${id} after ${latest.get(line)}`)
      else latest.set(line, id)
    }
  }
  return wrong
}
