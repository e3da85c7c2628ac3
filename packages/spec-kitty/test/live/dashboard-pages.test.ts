import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { inotifyWatchesOf } from '../helpers/machine.js'
import {
  fillProject,
  laneEvent,
  makeProject,
  MISSION,
  NAMES,
  SECRET,
  type DashboardProject,
  PAGE,
  isPageBuilt,
} from './pages-project.js'
import { get, getJson, openEvents, type EventStream } from './pages-wire.js'
import { lives, skipAloud, until, type Daemon } from './sync-root.js'

/** What the dashboard tells a browser, from the command to the wire, of a project with everything in it. */
let project: DashboardProject
let daemon: Daemon
let streams: EventStream[] = []

beforeAll(() => {
  project = makeProject()
  fillProject(project)
  daemon = project.start()
})

afterAll(async () => {
  for (const stream of streams) stream.close()
  await stopAll()
  await project?.end()
})

const JSON_HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

const missionPath = (id: string): string => `/api/missions/${encodeURIComponent(id)}`
const documentPath = (id: string, name: string): string =>
  `${missionPath(id)}/documents/${encodeURIComponent(name)}`

describe('the missions', () => {
  it('are all listed, and those behind links that lead out are not', async () => {
    const { project: told, missions, problems } = await getJson(daemon.port, '/api/missions')
    expect(told).toEqual({ name: 'project', path: project.path })
    const ids = missions.map(({ id }: { id: string }) => id)
    expect(ids.toSorted()).toEqual([MISSION, '002-links', ...NAMES].toSorted())
    expect(problems.map(({ path, what }: { path: string; what: string }) => `${path}: ${what}`)).toEqual([
      'kitty-specs/003-beside: is a link that leads out of the project',
      'kitty-specs/004-itself: is a link that leads out of kitty-specs',
    ])
  })

  it('are told one by one, with their packages and documents, whatever they are called', async () => {
    for (const id of [MISSION, ...NAMES]) {
      const mission = await getJson(daemon.port, missionPath(id))
      expect(mission).toMatchObject({ id, title: `The mission ${id}`, progress: 0 })
      expect(mission.work_packages).toMatchObject([{ id: 'WP01', title: 'Start', lane: 'planned' }])
      const names = mission.documents.map(({ name }: { name: string }) => name)
      expect(names).toEqual(
        expect.arrayContaining(['spec.md', 'contracts/api v1.yaml', 'contracts/100%25.md']),
      )
      for (const name of names) {
        expect(await getJson(daemon.port, documentPath(id, name))).toMatchObject({ name, problems: [] })
      }
    }
    expect(await getJson(daemon.port, documentPath(MISSION, 'spec.md'))).toMatchObject({
      format: 'markdown',
      text: `# ${MISSION}\n\n<script>alert(1)</script>\n`,
    })
    expect((await getJson(daemon.port, documentPath(MISSION, 'tasks/WP01-start.md'))).text).toBe('\nDo it.\n')
  })

  it('come as JSON that no other origin may embed and no cache keeps', async () => {
    for (const path of [
      '/api/missions',
      missionPath(MISSION),
      documentPath(MISSION, 'spec.md'),
      '/api/missions/no',
    ]) {
      const { headers, text } = await get(daemon.port, path)
      expect([path, headers]).toMatchObject([
        path,
        { ...JSON_HEADERS, 'cross-origin-resource-policy': 'same-origin', connection: 'close' },
      ])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
      const head = await get(daemon.port, path, {}, 'HEAD')
      expect([head.text, head.headers['content-length']]).toEqual(['', String(Buffer.byteLength(text))])
    }
  })
})

/** Names that lead nowhere, as they go over the wire. */
const NOWHERE = [
  'no',
  '.',
  '..',
  '%2e',
  '%2e%2e',
  '%2E%2E%2F',
  '%252e%252e',
  '%252e%252e%252f',
  '%2F',
  '%2Fetc%2Fpasswd',
  '..%2F..%2Fetc%2Fpasswd',
  '..%5C..%5Csecret.md',
  '..%2Fbeside',
  '..%2F..%2Fsecret.md',
  `${MISSION}%2F..%2F${MISSION}`,
  `${MISSION}%2F`,
  `${MISSION}%00`,
  '%00',
  '%',
  '%zz',
  '%e0%a4%a',
  '%c0%ae%c0%ae%c0%af',
  '%ff',
  '%EF%BC%8E%EF%BC%8E',
  '.kittify',
  '%2Ekittify',
  '%252Ekittify',
  '.%6Bittify',
  '%E2%80%8D.git',
  '..%2F.kittify',
  '..;',
  '__proto__',
  'constructor',
  'a'.repeat(300),
  'a'.repeat(5_000),
  encodeURIComponent('ö'.repeat(1_000)),
]

/** Names of documents that are none, in a mission that there is. */
const NO_DOCUMENTS = [
  ...NOWHERE,
  'spec.md%00',
  'spec.md%2F',
  '.%2Fspec.md',
  'contracts',
  'contracts%2F..%2Fspec.md',
  'contracts%2F%2Fapi%20v1.yaml',
  '%2Fspec.md',
  'SPEC.MD%20',
  'status.events.jsonl',
  'meta.json',
  '..%2F..%2F.kittify%2F.dashboard',
  '..%2F..%2F.kittify%2Fdaemon%2Frecord.json',
  'contracts%2F.git%2Fconfig',
  'contracts%2F%2Egit%2Fconfig',
  'contracts%2F%E2%80%8D.git%2Fconfig',
  'contracts%2F.env',
  'contracts%2F..',
  'contracts%2F.%2Fapi%20v1.yaml',
  'contracts%252Fapi%20v1.yaml',
  'contracts%2Fapi%20v1.yaml%00.md',
  'contracts%2Fapi%20v1.yaml%2F..%2F..%2Fspec.md',
  `contracts%2F${'a%2F'.repeat(1_000)}a`,
  `${'..%2F'.repeat(2_000)}etc%2Fpasswd`,
  `..%2F${MISSION}%2Fspec.md`,
  `..%2F..%2F..%2Fproject%2Fkitty-specs%2F${MISSION}%2Fspec.md`,
]

describe('a name that leads nowhere', () => {
  const isHidden = (text: string): boolean =>
    ![SECRET, daemon.token, 'root:'].some((secret) => text.includes(secret))

  it('is a 404 in JSON, as a mission and as a document', async () => {
    const paths = [
      ...NOWHERE.map((name) => `/api/missions/${name}`),
      ...NO_DOCUMENTS.map((name) => `${missionPath(MISSION)}/documents/${name}`),
      `${missionPath(MISSION)}/documents/contracts%2F%252Egit%2Fconfig`,
      ...NO_DOCUMENTS.map((name) => `/api/missions/002-links/documents/${name}`),
      '/api/missions/',
    ]
    for (const path of paths) {
      const { status, text, headers } = await get(daemon.port, path)
      expect([path, status, text, headers['content-type']]).toEqual([
        path,
        404,
        '{"error":"not_found"}',
        'application/json',
      ])
    }
    expect(lives(daemon)).toBe(true)
  })

  it('is what it is, however long: refused before it is read, and other requests are served', async () => {
    const answer = await get(daemon.port, `/api/missions/${'a'.repeat(100_000)}`).catch(() => null)
    expect(answer?.status ?? 431).toBe(431)
    expect((await get(daemon.port, '/api/missions')).status).toBe(200)
  })

  it('behind a link that leads out of the project tells nothing of what is there', async () => {
    const mission = await getJson(daemon.port, missionPath('002-links'))
    expect(mission.work_packages).toEqual([])
    const paths = [
      ...['spec.md', 'plan.md', 'contracts/secret.md', 'checklists/secret.md', 'tasks/spec.md'].map((name) =>
        documentPath('002-links', name),
      ),
      ...mission.documents.map(({ name }: { name: string }) => documentPath('002-links', name)),
      ...['003-beside', '004-itself'].map(missionPath),
      documentPath('003-beside', 'spec.md'),
      documentPath('004-itself', 'spec.md'),
      '/api/missions',
      missionPath('002-links'),
    ]
    for (const path of paths) {
      const { text, status } = await get(daemon.port, path)
      expect([path, isHidden(text), status < 500]).toEqual([path, true, true])
    }
  })

  it('beside the API needs the token, and is a 404 to those who have it', async () => {
    const authorization = `Bearer ${daemon.token}`
    for (const path of [
      ...(isPageBuilt ? ['/api', '/favicon.ico'] : []),
      '/api/',
      '/api/none',
      '/api/missions/a/b',
      '/api/missions/a/documents',
      '/api%2Fmissions',
      '/%61pi/missions',
      '/api/./missions',
      '/api/../api/missions',
      `/api/missions/${MISSION}/documents/contracts/api%20v1.yaml`,
    ]) {
      const [without, having] = [
        await get(daemon.port, path),
        await get(daemon.port, path, { authorization }),
      ]
      expect([path, without.status, having.status, without.headers]).toMatchObject([
        path,
        401,
        404,
        JSON_HEADERS,
      ])
    }
  })
})

describe('the page', () => {
  it('comes with a policy that lets nothing in, and its files with their types', async (context) => {
    if (!isPageBuilt) skipAloud(context, 'the page is not built here')
    const types = {
      html: 'text/html',
      js: 'text/javascript',
      css: 'text/css',
      svg: 'image/svg+xml',
      txt: 'text/plain',
    }
    const names = readdirSync(PAGE).filter((name) => !name.endsWith('.gz'))
    for (const name of ['', ...names]) {
      const { status, headers, text } = await get(daemon.port, `/${name}`)
      const type = types[(name.split('.')[1] ?? 'html') as keyof typeof types]
      expect([name, status, headers['content-type']?.split(';')[0]]).toEqual([name, 200, type])
      expect(headers).toMatchObject({
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      })
      const policy = headers['content-security-policy']?.toString() ?? ''
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        expect(policy.split('; ')).toContain(part)
      }
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(text).toBe(readFileSync(join(PAGE, name || 'index.html'), 'utf8'))
    }
  })
})

describe('the daemons', () => {
  beforeAll(async () => {
    await spawnPredecessor({ family: 'sync', port: 9410, root: project.home, version: '3.2.2' })
    await spawnPredecessor({ family: 'sync', port: 9411, root: join(project.base, 'other'), record: true })
    await spawnPredecessor({ family: 'sync', port: 9412, root: project.home, marker: false })
    await spawnPredecessor({ family: 'dashboard', port: 9413, project: join(project.base, 'gone') })
    await spawnPredecessor({ family: 'dashboard', port: 9300, project: join(project.base, 'gone') })
    await spawnPredecessor({ family: 'sync', port: 9301, root: project.home })
    await spawnHostile('http', 9414)
    await spawnHostile('silent', 9415)
  })

  afterAll(stopAll)

  it('are those of both families, each with the class that the doctor gives it', async () => {
    const { families } = await getJson(daemon.port, '/api/daemons')
    // It gives the other roots the time that the page gives them: on a busy machine they are read late.
    const patient = ['auth', 'doctor', '--reset', '--dry-run', '--json']
    const doctor = JSON.parse(project.run(patient).stdout)
    const cleanUp = JSON.parse(project.run(['dashboard', '--cleanup-all', '--dry-run', '--json']).stdout)
    const [dashboards, sync] = families
    expect(dashboards).toMatchObject({ name: 'dashboard', ports: { from: 9237, to: 9337 }, problem: null })
    expect(sync).toMatchObject({ name: 'sync', ports: { from: 9400, to: 9450 }, problem: null })
    expect(verdicts(sync.daemons)).toEqual(verdicts(doctor.candidates))
    const [shown, told] = [verdicts(dashboards.daemons), verdicts(cleanUp.candidates)]
    expect(Object.keys(shown)).toEqual(Object.keys(told))
    const isUntold = (port: string): boolean => [shown, told].some((all) => all[port]?.[2] === UNTOLD)
    const compared = Object.keys(shown).filter((port) => !isUntold(port))
    expect(compared.map((port) => shown[port])).toEqual(compared.map((port) => told[port]))
    expect(Object.keys(verdicts(sync.daemons))).toEqual(['9410', '9411', '9412', '9413', '9414', '9415'])
    const all = [...dashboards.daemons, ...sync.daemons]
    expect(all.filter((entry: { is_live: boolean }) => entry.is_live)).toMatchObject([
      {
        pid: daemon.pid,
        port: daemon.port,
        scope: project.path,
        cleanup_class: 'never_touch',
        remedy: null,
        is_self: true,
        url: `http://127.0.0.1:${daemon.port}/`,
      },
    ])
    expect(all.filter((entry: { url: string | null }) => entry.url !== null)).toHaveLength(1)
    for (const { explanation } of all) expect(explanation).toMatch(/^[A-Z].*\.$/)
    expect(sync.clean_up.lines).toHaveLength(sync.daemons.length)
  })

  it('are looked at once for all who ask within a second, and anew for those who ask later', async () => {
    const ask = async (): Promise<string> => (await getJson(daemon.port, '/api/daemons')).generated_at
    const together = await Promise.all(Array.from({ length: 12 }, ask))
    // All were sent at once, but a busy machine may deliver some of them more than a second after the first look.
    expect(new Set(together).size).toBeLessThan(4)
    await sleep(1_000)
    expect(together).not.toContain(await ask())
  })

  it('are not looked at more often than once in a second, however often they are asked for', async () => {
    const began = performance.now()
    const times = new Set<string>()
    while (performance.now() - began < 3_000)
      times.add((await getJson(daemon.port, '/api/daemons')).generated_at)
    const looks = [...times].map((time) => Date.parse(time)).toSorted((one, other) => one - other)
    const pauses = looks.slice(1).map((at, index) => at - (looks[index] ?? 0))
    expect(pauses.every((pause) => pause >= 900)).toBe(true)
  })
})

/** The row of a project that was not read within the second that a look may take: on a busy machine that comes to pass. */
const UNTOLD = 'D14'

function verdicts(entries: readonly Record<string, unknown>[]): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    entries.map((one) => [
      String(one['port']),
      [one['cleanup_class'], one['skip_reason'], one['rule'], one['pid'], remedyOf(one)],
    ]),
  )
}

/** The page shows the first command. What to do about a daemon of another root depends on whether that was read in time. */
function remedyOf(entry: Record<string, unknown>): unknown {
  const remedy = entry['remedy'] as string | { readonly commands: readonly string[] } | null
  if (entry['rule'] === 'S10' || remedy === null) return null
  return typeof remedy === 'string' ? remedy : remedy.commands[0]
}

async function openStream(): Promise<EventStream> {
  const stream = await openEvents(daemon.port)
  streams.push(stream)
  await until(() => stream.events.length > 0, 60_000)
  return stream
}

function closeStreams(): void {
  for (const stream of streams) stream.close()
  streams = []
}

/** Waits until the project is watched, and quiet. */
async function settled(stream: EventStream): Promise<void> {
  while ((await stream.next(700)) !== null);
}

/** How many inotify watches the daemon has: one is on its record. */
function watches(): number {
  return inotifyWatchesOf(daemon.pid)
}

describe('the events', () => {
  const events = (): string => join(project.path, 'kitty-specs', MISSION, 'status.events.jsonl')

  it('tell within a second that a card has moved', async () => {
    const stream = await openStream()
    expect(stream.headers['content-type']).toBe('text/event-stream')
    expect(stream.events[0]).toEqual({ missions: null })
    await settled(stream)
    const took: number[] = []
    for (const [second, lane] of [
      [2, 'claimed'],
      [3, 'in_progress'],
      [4, 'for_review'],
    ] as const) {
      const next = stream.next(60_000)
      appendFileSync(events(), laneEvent(lane, second))
      const event = await next
      expect(event?.data).toEqual({ missions: [MISSION] })
      took.push(event?.ms ?? Number.POSITIVE_INFINITY)
      const { work_packages: packages } = await getJson(daemon.port, missionPath(MISSION))
      expect(packages).toMatchObject([{ id: 'WP01', lane }])
      await settled(stream)
    }
    figure(`a lane that moved arrived after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    expect(Math.min(...took)).toBeLessThan(1_000)
    closeStreams()
  })

  it('reach ten pages at once', async () => {
    await Promise.all(Array.from({ length: 10 }, openStream))
    await Promise.all(streams.map(settled))
    const next = streams.map((stream) => stream.next(60_000))
    appendFileSync(events(), laneEvent('done', 9))
    const arrived = await Promise.all(next)
    expect(arrived.map((event) => event?.data)).toEqual(arrived.map(() => ({ missions: [MISSION] })))
    closeStreams()
  })

  it('are watched for only while a page is open', async () => {
    expect(await until(() => watches() === 1, 60_000)).toBe(true)
    await settled(await openStream())
    const one = watches()
    expect(one).toBeGreaterThan(10)
    await settled(await openStream())
    expect(watches()).toBe(one)
    closeStreams()
    expect(await until(() => watches() === 1, 60_000)).toBe(true)
    figure(`inotify watches: 1 without a page, ${one} with one or two`)
  })
})

describe('a dashboard without an open page', () => {
  const QUIET_SECONDS = 5

  it('sleeps', async () => {
    const before = switches()
    await sleep(QUIET_SECONDS * 1000)
    const woken = switches() - before
    figure(`context switches of a dashboard without a page in ${QUIET_SECONDS} s: ${woken}`)
    // Polling ten times a second would be ten for each; what comes from collecting garbage is far less.
    expect(woken).toBeLessThan(10 * QUIET_SECONDS)
  })
})

/** How often its main thread went to sleep: a busy machine takes the processor from it more often, which is not counted. */
function switches(): number {
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
}
