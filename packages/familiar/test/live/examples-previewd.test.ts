import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Daemon } from '../../src/define/define-daemon.js'
import { tally, timeoutFor, times } from '../helpers/counts.js'
import { eventually } from '../helpers/eventually.js'
import {
  leaveNoUsers,
  makeUser,
  runAtOnce,
  startsIn,
  type Ended,
  type Installed,
  type User,
} from '../helpers/examples.js'
import { figure } from '../helpers/figures.js'
import { listenersOn, watch } from '../helpers/machine.js'
import { seeded } from '../helpers/random.js'

leaveNoUsers()

/**
 * One daemon for a user, installed from the tarball, on the ports that follow from its name. `version-herd` and `herd-cold`
 * have the large herds of every run.
 */
const HERD = times(10, 32)
const HERD_MS = 120_000

const HTML = '<h1>Hello</h1>\n<p>This is <strong>bold</strong>.</p>\n'

let user: User
let page: string

beforeEach(() => {
  user = makeUser()
  page = join(user.base, 'page.md')
  writeFileSync(page, '# Hello\n\nThis is **bold**.\n')
})

const daemons = (): readonly number[] => user.processes('previewd-daemon')

async function renderByMany(tool: Installed): Promise<void> {
  const everywhere = Array.from({ length: HERD }, () => tool.directory)
  const ended = await runAtOnce(tool, ['render', page], everywhere)
  expect(ended.filter(({ status }) => status !== 0)).toEqual([])
  expect(new Set(ended.map(({ stdout }) => stdout))).toEqual(new Set([HTML]))
}

/** What is there afterwards: one daemon, which is the one of the record and has the only listener. */
async function expectOneDaemon(previewd: Daemon, version: string): Promise<number> {
  const { state, pid, port } = await previewd.status()
  expect(state).toBe('running')
  expect(daemons()).toEqual([pid])
  expect(listenersOn(previewd.ports.from, previewd.ports.to).map((one) => one.port)).toEqual([port])
  expect(recordOf()).toMatchObject({ pid, port, state: 'running', package_version: version })
  return pid ?? 0
}

function recordOf(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(user.state('previewd'), 'record.json'), 'utf8'))
}

describe(`${HERD} commands at once`, { timeout: HERD_MS }, () => {
  it('start one daemon, which serves them all', async () => {
    const tool = user.install('previewd')
    const previewd = await tool.load('previewd')
    await renderByMany(tool)
    const pid = await expectOneDaemon(previewd, '1.0.0')
    expect(startsIn(previewd.logFile)).toMatchObject([{ reason: 'first_start', version: '1.0.0', pid }])
  })

  it('of a new version replace the daemon of the old one once', async () => {
    const old = user.install('previewd', '1.0.0')
    const tool = user.install('previewd', '1.1.0')
    expect(await old.run(['render', page])).toMatchObject({ status: 0, stdout: HTML })
    const previewd = await tool.load('previewd')
    const isOldAlive = watch(await expectOneDaemon(previewd, '1.0.0'))
    await renderByMany(tool)
    const pid = await expectOneDaemon(previewd, '1.1.0')
    expect(isOldAlive()).toBe(false)
    const replacement = { reason: 'version_mismatch', previous_version: '1.0.0', version: '1.1.0', pid }
    expect(startsIn(previewd.logFile)).toMatchObject([{ reason: 'first_start' }, replacement])
    // A command of the old version uses the newer daemon.
    expect(await old.run(['render', page])).toMatchObject({ status: 0, stdout: HTML })
    expect(await expectOneDaemon(previewd, '1.1.0')).toBe(pid)
  })

  it('start one other daemon after the first was killed', async () => {
    const tool = user.install('previewd')
    const previewd = await tool.load('previewd')
    await renderByMany(tool)
    const killed = await expectOneDaemon(previewd, '1.0.0')
    const isAlive = watch(killed)
    process.kill(killed, 'SIGKILL')
    await eventually(() => expect(isAlive()).toBe(false))
    await renderByMany(tool)
    const pid = await expectOneDaemon(previewd, '1.0.0')
    expect(pid).not.toBe(killed)
    expect(startsIn(previewd.logFile)).toMatchObject([{ pid: killed }, { reason: 'recorded_dead', pid }])
  })
})

describe('Ctrl+C while the daemon is started', () => {
  const MOMENTS = times(5, 60)

  /** How much later than a whole command the latest moment is. */
  const BEYOND = 1.2

  /** A daemon that was not adopted leaves. Returns whether one was adopted. */
  async function expectAdoptedOrGone(): Promise<boolean> {
    return eventually(() => {
      const left = daemons()
      if (left.length > 0) expect(left).toEqual([recordOf()['pid']])
      return left.length > 0
    })
  }

  it(
    'leaves none that no command has adopted, and the next command works',
    async () => {
      const tool = user.install('previewd')
      const previewd = await tool.load('previewd')
      const { random } = seeded('Ctrl+C')
      const began = performance.now()
      await tool.run(['render', page])
      const longest = (performance.now() - began) * BEYOND
      const fates: string[] = []
      for (let moment = 0; moment < MOMENTS; moment++) {
        await previewd.stop()
        expect(daemons()).toEqual([])
        const { child, ended } = tool.start(['render', page])
        await sleep(random() * longest)
        interrupt(child.pid ?? 0)
        fates.push(`${fateOf(await ended)}, ${(await expectAdoptedOrGone()) ? 'adopted' : 'none'}`)
        expect(await tool.run(['render', page])).toMatchObject({ status: 0, stdout: HTML })
        await expectOneDaemon(previewd, '1.0.0')
      }
      figure(JSON.stringify(tally(fates)))
    },
    timeoutFor(MOMENTS, 15_000),
  )

  /** As a terminal does: the whole process group. It may have ended meanwhile. */
  function interrupt(pid: number): void {
    try {
      process.kill(-pid, 'SIGINT')
    } catch (error) {
      expect(error).toMatchObject({ code: 'ESRCH' })
    }
  }

  function fateOf({ status, signal }: Ended): string {
    expect(signal ?? status).toSatisfy((end) => end === 'SIGINT' || end === 0)
    return signal === null ? 'finished' : 'interrupted'
  }
})
