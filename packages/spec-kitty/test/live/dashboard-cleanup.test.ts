import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import {
  gone,
  lineOf,
  lives,
  processOf,
  removeAfterStart,
  signal,
  typeIn,
  type Process,
} from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { FROM, makeDashboardTestEnv, recordIn, recordPath, TO, type DashboardTestEnv } from './dashboards.js'

/** `dashboard --cleanup-all`: what it shows, asks, ends and counts. */
let place: DashboardTestEnv

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(() => place.end())

const QUESTION = 'Kill all orphaned dashboards? [y/N]'
const CLEAN = ['dashboard', '--cleanup-all']

/** A daemon that does not answer counts as starting for its first 30 s. */
const GROWN_MS = 31_000

/** A predecessor's dashboard whose project was deleted. */
async function orphan(port: number): Promise<Process> {
  const project = place.project(`gone/${port}`)
  place.project('gone/not-this-one')
  const started = await place.predecessor(port, project, { record: true })
  removeAfterStart(project)
  return started
}

/** Runs the clean-up on a terminal and answers its question. */
function onTerminal(answer: string, more = '', beforeAnswer?: () => Promise<void>) {
  return typeIn(place.base, `spec-kitty ${CLEAN.join(' ')} ${more}`, answer, place.env, beforeAnswer)
}

/** What was printed on the terminal, as plain text. */
function textOf(said: string): string {
  // oxlint-disable-next-line no-control-regex
  return said.replaceAll(/\u001b\[\d*[A-Za-z]/g, '').replaceAll('\r', '')
}

describe('on a terminal', () => {
  it('shows what it found and asks; only y is a yes', async () => {
    const orphans = [await orphan(9240), await orphan(9241)]
    const mine = await place.start(place.project('mine'))
    // Every other answer is in familiar/test/cli/prompt.
    const refused = await onTerminal('x\nx\n')
    expect([refused.status, orphans.filter(lives).length]).toEqual([0, 2])
    for (const shown of ['9240', '9241', 'safe_auto', 'is_recorded_singleton'])
      expect(refused.said).toContain(shown)
    expect(refused.said).toContain('Found 2 orphaned dashboard processes on ports 9237-9336\r\n')
    const { status, said } = await onTerminal('y\n')
    expect([status, orphans.filter(lives), lives(mine)]).toEqual([0, [], true])
    expect(said).toContain('Killed 2 processes')
    expect(said).not.toContain('Cleaned up')
  })

  it('says what it does not mean: "all" is asked only of all, and the answer tells what was ended and what is left', async () => {
    const project = place.project('in use or not')
    const stopped = await place.predecessor(9242, place.project('wedged'), { behaviour: 'deaf' })
    await sleep(GROWN_MS)
    const starting = await place.predecessor(9243, project)
    const none = await place.run(place.base, CLEAN)
    expect(none.stdout.split('\n')[0]).toBe(
      'Found no dashboard process to end now on ports 9237-9336: 1 needs a decision, 1 may still be starting',
    )
    const { document } = await place.json(place.base, ['auth', 'doctor'])
    expect(document.findings.find(({ id }: { readonly id: string }) => id === 'F-024')).toMatchObject({
      summary: '1 orphaned dashboard on port 9242: 1 needs a decision',
      remediation: { commands: ['spec-kitty dashboard clean-up --dry-run'], safe: true },
    })
    const orphans = [await orphan(9240), await orphan(9241)]
    const refused = textOf((await onTerminal('n\n')).said)
    expect(refused).toMatch(/End these 2 dashboards\? \[y\/N\] n\n+nothing was ended\n\nNeeds a decision/)
    expect([...orphans, stopped, starting].filter((one) => !lives(one))).toEqual([])
    const said = textOf((await onTerminal('y\n')).said)
    expect(said).toContain('Found 2 orphaned dashboard processes on ports 9237-9336\n')
    for (const [index, { pid }] of orphans.entries())
      expect(said).toContain(`ended port ${9240 + index} (process ${pid}, SIGTERM): its directory is gone`)
    expect(said).toMatch(/\nKilled 2 processes\n\nNeeds a decision [^]*--port 9242/)
    expect(said).toMatch(/Left alone for now:\n {2}9243: it may still be starting/)
    expect([orphans.filter(lives), lives(stopped), lives(starting)]).toEqual([[], true, true])
  }, 120_000)

  it('takes nothing for an answer that was typed before the question was printed', async () => {
    const one = await orphan(9240)
    // A whole line, and the beginning of one, to which the answer would be added.
    for (const early of ['y\n', 'y']) {
      const line = `spec-kitty ${CLEAN.join(' ')}`
      const { status, isAsked } = await typeIn(place.base, line, '\n', place.env, undefined, early)
      expect([early, status, isAsked, lives(one)]).toEqual([early, 0, true, true])
    }
    expect([(await onTerminal('y\n')).status, lives(one)]).toEqual([0, false])
  })

  it('says what has changed between the question and the answer', async () => {
    const [one, two] = [await orphan(9240), await orphan(9241)]
    const late: Process[] = []
    const { status, said } = await onTerminal('y\n', '', async () => {
      signal(one, 'SIGKILL')
      await gone(one, 60_000)
      late.push(await orphan(9242))
    })
    expect([status, lives(two), late.filter(lives).length]).toEqual([0, false, 1])
    expect(said).toContain('Killed 1 process')
    expect(said).toContain(
      `already gone port 9240 (process ${one.pid}): it ended by itself, or something else ended it`,
    )
    expect(said).toContain('meanwhile: 1 more was found and left: run it again')
  })

  it('Ctrl+C at the question ends it with 130, and nothing was done', async () => {
    const one = await orphan(9240)
    const { status, said } = await onTerminal('\u0003')
    expect([status, lives(one)]).toEqual([130, true])
    expect(said).not.toContain('Killed')
  })

  it('does not ask where there is nothing to end, or where it was told yes', async () => {
    expect((await onTerminal('n\n')).said).not.toContain(QUESTION)
    const one = await orphan(9240)
    const { status, said } = await onTerminal('n\n', '--yes')
    expect([status, said.includes(QUESTION), lives(one)]).toEqual([0, false, false])
  })
})

describe('the doctor', () => {
  it('tells of the orphans that a clean-up would end now, and of nothing else; its command ends them', async () => {
    const inUse = await place.start(place.project('mine'))
    const others = [
      await place.predecessor(9250, place.project('starting')),
      await place.predecessor(9251, place.project('wedged'), { behaviour: 'deaf' }),
      processOf((await spawnHostile('http', 9252)).pid),
    ]
    const found = async (args: readonly string[] = []) => {
      const { document } = await place.json(place.base, ['auth', 'doctor', ...args])
      return document.findings.find(({ id }: { readonly id: string }) => id === 'F-024')
    }
    expect(await found()).toBe(undefined)
    const orphans = [await orphan(9240), await orphan(9241)]
    const finding = {
      severity: 'info',
      summary: '2 orphaned dashboards on ports 9240, 9241',
      remediation: { commands: ['spec-kitty dashboard clean-up --yes'], safe: true },
    }
    for (const args of [[], ['--reset'], []]) {
      const shown = await found(args)
      // The rows say why one is missing.
      const { document } = await place.json(place.base, [...CLEAN, '--dry-run'])
      expect({ ...shown, rows: document.candidates }).toMatchObject({
        ...finding,
        rows: expect.arrayContaining(
          [9240, 9241].map((port) => expect.objectContaining({ port, cleanup_class: 'safe_auto' })),
        ),
      })
    }
    const { status, stdout } = await place.run(place.base, ['auth', 'doctor'])
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'No problems found. 1 thing to know.'])
    expect(stdout).toMatch(/\(F-024\)\n[^\n]+\n +spec-kitty dashboard clean-up {2}# ends them; asks first\n/)
    const ran = await place.run(place.base, ['dashboard', 'clean-up', '--yes'])
    expect(ran.stdout).toMatch(/^Killed 2 processes$/m)
    expect([ran.status, orphans.filter(lives)]).toEqual([0, []])
    expect(await found()).toBe(undefined)
    expect([inUse, ...others].filter((one) => !lives(one))).toEqual([])
  })
})

describe('elsewhere', () => {
  it('needs --yes, and nothing is done without it; --dry-run needs none and does nothing', async () => {
    const one = await orphan(9240)
    const { status, stderr } = await place.run(place.base, CLEAN)
    expect([status, lineOf(stderr)]).toEqual([
      2,
      [expect.stringContaining('not a terminal: add --yes to confirm')],
    ])
    const json = await place.json(place.base, CLEAN)
    expect([json.status, json.document.error.code]).toEqual([2, 'E_USAGE'])
    const dry = await place.json(place.base, [...CLEAN, '--dry-run'])
    expect([dry.status, dry.document.dry_run, dry.document.swept]).toEqual([0, true, []])
    expect(dry.document.would_sweep).toMatchObject([{ port: 9240, pid: one.pid }])
    expect(lives(one)).toBe(true)
    const { status: done, document } = await place.json(place.base, [...CLEAN, '--yes'])
    expect([done, document.failed, document.skipped, lives(one)]).toEqual([0, [], [], false])
    expect(document.swept).toMatchObject([{ port: 9240, pid: one.pid, cleanup_path: 'terminate' }])
    expect(document.candidates).toEqual([])
  })

  it('--port limits it to one, and must be in the range', async () => {
    const [one, two] = [await orphan(9240), await orphan(9241)]
    const { document } = await place.json(place.base, [...CLEAN, '--yes', '--port', '9241'])
    expect([document.swept.length, lives(one), lives(two)]).toEqual([1, true, false])
    const refused = await place.run(place.base, [...CLEAN, '--yes', '--port', '9337'])
    expect([refused.status, lineOf(refused.stderr).length]).toEqual([2, 1])
    expect(lives(one)).toBe(true)
  })

  it('ends a stubborn one too, and leaves the sync family and other programs alone with --force', async () => {
    const others = [
      await spawnPredecessor({ family: 'sync', port: 9400, root: place.project('root'), owner: false }),
      await spawnPredecessor({ family: 'sync', port: 9250, root: place.project('root'), owner: false }),
      await spawnHostile('http', 9251),
      await spawnHostile('silent', 9252),
    ].map(({ pid }) => processOf(pid))
    const project = place.project('gone/stubborn')
    const stubborn = await place.predecessor(9240, project, { behaviour: 'ignore-term' })
    place.project('gone/not-this-one')
    removeAfterStart(project)
    const { status, document } = await place.json(place.base, [...CLEAN, '--yes', '--force'])
    expect([status, lives(stubborn), others.filter(lives).length]).toEqual([0, false, 4])
    expect(document.swept).toMatchObject([{ pid: stubborn.pid, cleanup_path: 'kill' }])
  })
})

describe('with --force', () => {
  it('a wedged dashboard goes, in its own project: its record is removed, ours is marked stopped', async () => {
    const [theirs, ours] = [place.project('theirs'), place.project('ours')]
    const wedged = await place.predecessor(9240, theirs, { record: true, behaviour: 'deaf' })
    const stopped = await place.start(ours)
    signal(stopped, 'SIGSTOP')
    const plain = await place.json(theirs, [...CLEAN, '--yes'])
    expect(plain.document.swept).toEqual([])
    expect([lives(wedged), lives(stopped)]).toEqual([true, true])
    const first = await place.json(theirs, [...CLEAN, '--yes', '--force', '--port', '9240'])
    expect([first.status, first.document.records_cleaned, lives(wedged)]).toEqual([0, 1, false])
    expect(existsSync(recordPath(theirs))).toBe(false)
    const { port } = stopped
    const second = await place.run(ours, [...CLEAN, '--yes', '--force', '--port', String(port)])
    expect([second.status, lives(stopped)]).toEqual([0, false])
    expect(second.stdout).toContain('Killed 1 process\n')
    expect(second.stdout).toContain('Cleaned up 1 .dashboard file\n')
    expect(recordIn(ours)).toMatchObject({ state: 'stopped', stop_reason: 'cleaned_up', pid: stopped.pid })
    expect(listenersOn(FROM, TO)).toEqual([])
  })

  it('the wedged dashboard of another project stays, and the commands that are named for it work as written', async () => {
    const ours = place.project("it's $HOME; a `test`")
    const stopped = await place.start(ours)
    signal(stopped, 'SIGSTOP')
    const forced = await place.json(place.base, [...CLEAN, '--yes', '--force'])
    expect([forced.document.swept, lives(stopped)]).toEqual([[], true])
    const [{ remedy, in_use_by: scope }] = forced.document.candidates
    expect(scope).toBe(ours)
    const shown = await typeIn(place.base, remedy.commands[0], '', place.env)
    expect([shown.status, shown.isAsked, lives(stopped)]).toEqual([1, false, true])
    // oxlint-disable-next-line no-control-regex
    const said = shown.said.replaceAll(/\u001b\[\d+m/g, '')
    const [, stop = ''] = /does not answer:\s+(spec-kitty .*?)\r?\n/.exec(said) ?? []
    expect(stop).toBe('spec-kitty dashboard --stop')
    const ran = await typeIn(ours, stop, '', place.env)
    expect([ran.status, ran.isAsked, lives(stopped)]).toEqual([0, false, false])
  })
})
