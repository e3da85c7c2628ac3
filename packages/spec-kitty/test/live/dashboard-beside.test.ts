import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeDashboardRecord } from '../../../../stand-ins/predecessor.mjs'
import { lives, signal, until } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, recordIn, type DashboardTestEnv } from './dashboards.js'

/** The predecessor's dashboard beside ours in one project, and its record where it is alone. */
let place: DashboardTestEnv
let project: string

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('project')
})

afterEach(() => place.end())

const status = async () => place.json(project, ['dashboard', '--status'])

describe("ours runs, and the predecessor's command is used in the same project", () => {
  it('both live, every command of ours finds ours, and nothing is moved, round after round', async () => {
    const ours = await place.start(project)
    const theirRecord = join(project, '.kittify', '.dashboard')
    for (const port of [9300, 9301]) {
      // It deletes what it cannot read in its own place, and writes its four lines there.
      rmSync(theirRecord, { force: true })
      const theirs = await place.predecessor(port, project, { record: true })
      const lines = readFileSync(theirRecord, 'utf8')
      const found = await place.json(project, ['dashboard'])
      expect([found.status, found.stderr, found.document]).toMatchObject([
        0,
        '',
        { outcome: 'found', pid: ours.pid },
      ])
      const shown = await status()
      expect([shown.status, shown.document]).toMatchObject([
        0,
        { state: 'running', is_predecessor: false, pid: ours.pid, port: ours.port },
      ])
      for (const flags of [[], ['--force']]) {
        const { document } = await place.json(project, ['dashboard', '--cleanup-all', '--yes', ...flags])
        expect(document.swept.map((row: { pid: number }) => row.pid)).not.toContain(theirs.pid)
      }
      expect([lives(ours), lives(theirs), readFileSync(theirRecord, 'utf8')]).toEqual([true, true, lines])
      expect(readdirSync(join(project, '.kittify')).toSorted()).toEqual(['.dashboard', 'daemon'])
    }
    expect((await place.json(project, ['dashboard', '--stop'])).document).toMatchObject({ pid: ours.pid })
    expect([lives(ours), existsSync(theirRecord)]).toEqual([false, true])
  })
})

describe('ours was stopped, and a dashboard of the predecessor started after it', () => {
  it('is left alone, and status and stop say that it is there', async () => {
    await place.start(project)
    await place.json(project, ['dashboard', '--stop'])
    const theirs = await place.predecessor(9300, project, { record: true })
    const beside = new RegExp(`process ${theirs.pid}, port 9300\\).* left alone`)
    expect((await status()).document).toMatchObject({ state: 'stopped', why: expect.stringMatching(beside) })
    const told = await place.json(project, ['dashboard', '--stop'])
    expect([told.stderr, told.document.outcome]).toEqual([expect.stringMatching(beside), 'none'])
    expect(lives(theirs)).toBe(true)
  })
})

describe('a recorded dashboard of the predecessor', () => {
  it('is wedged for status and start alike, stopped or deaf', async () => {
    const stopped = await place.predecessor(9240, project, { record: true })
    const deaf = await place.predecessor(9241, place.project('deaf'), { record: true, behaviour: 'deaf' })
    signal(stopped, 'SIGSTOP')
    // Each command waits for an answer that does not come: at the same time.
    const both = [stopped, deaf].map(async (old) => {
      const [shown, started] = await Promise.all([
        place.json(old.project, ['dashboard', '--status']),
        place.json(old.project, ['dashboard']),
      ])
      expect([shown.status, shown.document]).toMatchObject([
        1,
        { state: 'wedged', is_predecessor: true, pid: old.pid, port: old.port, url: null },
      ])
      expect([started.status, started.document.error]).toMatchObject([
        1,
        { code: 'E_DAEMON_UNRESPONSIVE', remediation: 'spec-kitty dashboard --stop' },
      ])
      expect(lives(old)).toBe(true)
      expect((await place.json(old.project, ['dashboard', '--stop'])).document).toMatchObject({
        outcome: 'stopped',
        pid: old.pid,
      })
      expect(lives(old)).toBe(false)
    })
    await Promise.all(both)
  })

  it('with a wrong pid in its record is the one with its token and port, and is not cleaned', async () => {
    const old = await place.predecessor(9240, project)
    writeDashboardRecord(project, { port: 9240, token: old.token, pid: 4_194_303 })
    expect((await status()).document).toMatchObject({ state: 'running', is_predecessor: true, pid: old.pid })
    const { document } = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes', '--force'])
    expect([document.swept, lives(old)]).toEqual([[], true])
    const next = await place.json(project, ['dashboard'])
    expect([next.status, next.document.outcome, lives(old)]).toEqual([0, 'started', false])
    expect(await until(() => recordIn(project)?.['state'] === 'running', 60_000)).toBe(true)
  })
})
