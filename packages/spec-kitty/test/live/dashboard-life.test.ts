import { spawn } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnPredecessor, writeDashboardRecord } from '../../../../stand-ins/predecessor.mjs'
import { removeAtOnce } from '../../../familiar/test/helpers/homes.js'
import { smallEnvironment } from '../helpers/cli.js'
import {
  dashboardsOf,
  endOf,
  gone,
  healthOn,
  lineOf,
  lives,
  processOf,
  signal,
  typeIn,
  until,
} from '../helpers/dashboards.js'
import {
  makeDashboardTestEnv,
  recorded,
  recordIn,
  recordPath,
  type Dashboard,
  type DashboardTestEnv,
} from './dashboards.js'

/** When a dashboard leaves by itself, and when it makes room for another. */
let place: DashboardTestEnv
let project: string

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('project')
})

afterEach(() => place.end())

const TICK_MS = 300
/** Two ticks and the drain, on a busy machine. */
const GONE_MS = 60_000
/** Long enough for several ticks. */
const STAYS_MS = 2_500

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))
const ENTRY = join(REPOSITORY, 'packages/spec-kitty/dist/spec-kitty-daemon.js')

/** What the log of a dashboard says of its leaving. */
function leavings(): readonly { readonly reason: string; readonly rule: string | null }[] {
  const directory = join(place.env['SPEC_KITTY_HOME'] ?? '', 'daemons', 'dashboards')
  return readdirSync(directory)
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'leaving')
}

async function expectLeft(dashboard: Dashboard, rule: string, reason: string): Promise<void> {
  expect(await gone(dashboard, GONE_MS)).toBe(true)
  expect(leavings()).toMatchObject([{ rule, reason }])
}

async function expectStays(dashboard: Dashboard): Promise<void> {
  expect(await gone(dashboard, STAYS_MS)).toBe(false)
}

describe('R1: the record names another', () => {
  it('a second daemon of ours, started after the lock file was deleted: the first leaves the project to it', async () => {
    const ours = await place.startTimed(project, { tickMs: TICK_MS })
    signal(ours, 'SIGSTOP')
    rmSync(dirname(recordPath(project)), { recursive: true })
    const next = await place.startTimed(project, {})
    signal(ours, 'SIGCONT')
    await expectLeft(ours, 'R1', 'superseded')
    expect([lives(next), recordIn(project)?.['pid']]).toEqual([true, next.pid])
  })

  it('a dashboard of the predecessor is no other, alive or not: its record has its own place', async () => {
    const both = await Promise.all(
      [true, false].map(async (isAlive, index) => {
        const project = place.project(`predecessor-${isAlive}`)
        const ours = await place.startTimed(project, { tickMs: TICK_MS })
        const port = 9300 + index
        const theirs = await spawnPredecessor({ family: 'dashboard', port, project, record: true })
        if (!isAlive) await theirs.stop()
        writeDashboardRecord(project, { port, token: theirs.token, pid: theirs.pid })
        return { project, ours, port, theirs }
      }),
    )
    await Promise.all(both.map(({ ours }) => expectStays(ours)))
    for (const { project, ours, port, theirs } of both) {
      expect(recordIn(project)).toMatchObject({ state: 'running', pid: ours.pid })
      expect(readFileSync(join(project, '.kittify', '.dashboard'), 'utf8')).toContain(
        `\n${port}\n${theirs.token}\n${theirs.pid}\n`,
      )
      expect(readdirSync(join(project, '.kittify')).toSorted()).toEqual(['.dashboard', 'daemon'])
    }
  })

  it('no one: a record that is deleted or damaged comes back', async () => {
    const ours = await place.startTimed(project, { tickMs: 3_600_000 })
    rmSync(recordPath(project))
    expect(await until(() => recordIn(project)?.['pid'] === ours.pid, GONE_MS)).toBe(true)
    writeFileSync(recordPath(project), '{"half')
    expect(await until(() => recordIn(project)?.['pid'] === ours.pid, GONE_MS)).toBe(true)
    expect((await place.json(project, ['dashboard'])).document).toMatchObject({
      outcome: 'found',
      pid: ours.pid,
    })
  })
})

describe('R2: the project is gone', () => {
  it('deleted: it leaves after two ticks, and writes nothing where the project was', async () => {
    const ours = await place.startTimed(project, { tickMs: TICK_MS })
    removeAtOnce(project)
    await expectLeft(ours, 'R2', 'scope_gone')
    expect(existsSync(project)).toBe(false)
  })
})

describe('R3: its installation is gone or another', () => {
  it('leaves, and the next command starts one of the installation that is there', async () => {
    const copy = join(place.base, 'installation')
    for (const name of ['familiar', 'spec-kitty']) {
      for (const part of ['package.json', 'dist', 'lib', 'bin']) {
        const from = join(REPOSITORY, 'packages', name, part)
        if (existsSync(from)) cpSync(from, join(copy, 'packages', name, part), { recursive: true })
      }
    }
    cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'))
    symlinkModules(copy)
    const manifest = join(copy, 'packages/spec-kitty/package.json')
    const ours = await startFrom(join(copy, 'packages/spec-kitty/dist/'))
    await expectStays(ours)
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace(/"version": "[^"]+"/, '"version": "9.9.9"'))
    await expectLeft(ours, 'R3', 'installation_changed')
    const next = await place.start(project)
    expect(next.pid).not.toBe(ours.pid)
  })
})

/** The copy finds the library beside it, and everything else where it is installed. */
function symlinkModules(copy: string): void {
  const modules = join(copy, 'node_modules')
  cpSync(join(REPOSITORY, 'node_modules', '.package-lock.json'), join(modules, '.package-lock.json'))
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (name.startsWith('.') || ['familiar', 'spec-kitty'].includes(name)) continue
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name))
  }
  symlinkSync(join(copy, 'packages/familiar'), join(modules, 'familiar'))
  symlinkSync(join(copy, 'packages/spec-kitty'), join(modules, 'spec-kitty'))
}

/** Starts the dashboard with a short tick, from another copy of the installation. */
async function startFrom(dist: string): Promise<Dashboard> {
  const script = `
    import { connect, definitionOf, selectPlatform } from ${JSON.stringify(join(dist, '../../familiar/lib/internals.js'))}
    import { dashboardDaemon } from ${JSON.stringify(join(dist, 'daemons/define-daemons.js'))}
    const [project, root] = process.argv.slice(1)
    process.env['SPEC_KITTY_HOME'] = root
    const { family, launch, self } = definitionOf(dashboardDaemon)
    await connect({
      family, scope: project, platform: await selectPlatform(), self,
      launch: { ...launch(project), timing: { tickMs: ${TICK_MS} } },
      versionVariable: 'V', doctorCommand: () => 'none',
    })`
  const args = ['--input-type=module', '-e', script, project, place.env['SPEC_KITTY_HOME'] ?? '']
  const child = spawn(process.execPath, args, {
    env: smallEnvironment(place.env),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  expect(await endOf(child)).toBe(0)
  return recorded(project)
}

describe('R4: no page is open', () => {
  /** Longer than a busy machine keeps a request waiting. */
  const IDLE_MS = 8_000

  it('leaves, although its health is asked for', async () => {
    const ours = await place.startTimed(project, { tickMs: 200, idleMs: IDLE_MS })
    const asked = await until(async () => (await healthOn(ours.port)) === null && !lives(ours), GONE_MS, 100)
    expect(asked).toBe(true)
    expect(leavings()).toMatchObject([{ rule: 'R4', reason: 'idle' }])
    expect((await place.json(project, ['dashboard', '--status'])).document.last_stop.reason).toBe('idle')
  })

  it('an open page keeps it, or a request now and then; when the page is closed it leaves', async () => {
    const paged = await place.startTimed(project, { tickMs: 200, idleMs: IDLE_MS })
    const page = await fetch(`${paged.url}/api/events`)
    const asked = await place.startTimed(place.project('asked'), { tickMs: 200, idleMs: IDLE_MS })
    const asking = new AbortController()
    // Each request after the one before was answered, and long before the time is over.
    const requests = (async () => {
      for (; !asking.signal.aborted; await sleep(IDLE_MS / 8))
        await fetch(`${asked.url}/api/missions`).then((reply) => reply.text())
    })()
    await sleep(1.5 * IDLE_MS)
    expect([lives(asked), lives(paged)]).toEqual([true, true])
    await page.body?.cancel()
    await expectLeft(paged, 'R4', 'idle')
    expect(lives(asked)).toBe(true)
    asking.abort()
    await requests
  })
})

describe('a dashboard of another version', () => {
  it('is replaced once where it is older: what was started by hand as 3.9.0', async () => {
    const child = spawn(process.execPath, [ENTRY, 'dashboard', `--spec-kitty-dashboard-project=${project}`], {
      env: smallEnvironment({ ...place.env, SPEC_KITTY_CLI_VERSION: '3.9.0' }),
      stdio: 'ignore',
      detached: true,
    })
    expect(await until(() => recordIn(project)?.['state'] === 'running', GONE_MS)).toBe(true)
    const old = recorded(project)
    expect([old.pid, (await healthOn(old.port))?.['package_version']]).toEqual([child.pid, '3.9.0'])
    const { status, stderr, document } = await place.json(project, ['dashboard'])
    expect([status, lives(old)]).toEqual([0, false])
    expect(document).toMatchObject({ outcome: 'started', start_reason: 'version_mismatch' })
    expect(document.replaced_version).toBe('3.9.0')
    expect(lineOf(stderr)).toEqual([expect.stringContaining('upgraded the dashboard from 3.9.0')])
    const again = await place.json(project, ['dashboard'])
    expect([again.document.outcome, again.stderr]).toEqual(['found', ''])
    expect(dashboardsOf(project)).toHaveLength(1)
  })

  it("the predecessor's that its record names is replaced once, and its record moved aside", async () => {
    const theirs = await place.predecessor(9240, project, { record: true })
    const directory = join(project, '.kittify')
    const lines = readFileSync(join(directory, '.dashboard'), 'utf8')
    const { status, document } = await place.json(project, ['dashboard'])
    expect([status, document.outcome, lives(theirs)]).toEqual([0, 'started', false])
    const names = readdirSync(directory).toSorted()
    expect(names).toEqual([expect.stringMatching(/^\.dashboard\.replaced-/), 'daemon'])
    expect(readFileSync(join(directory, names[0] ?? ''), 'utf8')).toBe(
      lines.replace(theirs.token, '<redacted>'),
    )
    expect((await place.json(project, ['dashboard'])).document.outcome).toBe('found')
  })

  it('a wedged one is an error that names the command, and that command works as it is written', async () => {
    const { pid } = await spawnPredecessor({ family: 'dashboard', port: 9240, project, record: true })
    const wedged = processOf(pid)
    signal(wedged, 'SIGSTOP')
    const { status, stdout, stderr } = await place.run(project, ['dashboard'])
    expect([status, stdout, lineOf(stderr).length, lives(wedged)]).toEqual([1, '', 1, true])
    const command = /\((spec-kitty dashboard [^)]*)\)/.exec(stderr)?.[1] ?? ''
    expect(command).toBe('spec-kitty dashboard --stop')
    const ran = await typeIn(project, command, '', place.env)
    expect([ran.status, ran.isAsked, lives(wedged)]).toEqual([0, false, false])
    expect((await place.start(project)).port).toBe(9237)
  })
})
