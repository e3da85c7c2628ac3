import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { timeoutFor, times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { startCli, withoutWaits } from '../helpers/cli.js'
import { listenersOn } from '../helpers/machine.js'
import { spawnHolder } from './holder.js'
import { daemonsOf, lives, makeRoot, processesNaming, signal, type SyncRoot } from './sync-root.js'
import { OWN_VERSION, startPredecessor, startsIn, startStale } from './version-stale.js'

/** The day of an upgrade: many commands of the new version meet the daemon of the old one in the same moment. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

/** Each of 32 commands has too little of a busy machine to be answered in time. */
const HERD = times(12, 32)

const ROUNDS = times(1, 20)
const ROUND_MS = 60_000

/** How one command of the herd ended. */
interface Ended {
  readonly pid: number
  readonly status: number | null
  /** The daemon that it named. */
  readonly daemon: number
  readonly stderr: string
  readonly ms: number
}

function startOne(): Promise<Ended> {
  const began = performance.now()
  const child = startCli(['sync', 'start', '--json'], root.env)
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
  return new Promise((resolve) => {
    child.once('close', (status) => {
      const daemon = Number(/"pid": (\d+)/.exec(said.stdout)?.[1] ?? 0)
      resolve({
        pid: child.pid ?? 0,
        status,
        daemon,
        stderr: withoutWaits(said.stderr).stderr,
        ms: performance.now() - began,
      })
    })
  })
}

/** Runs the herd against a daemon of that version, and looks at what is there afterwards. */
async function expectOneReplacement(round: number, previous: string): Promise<void> {
  const before = startsByCommands().length
  const ended = await Promise.all(Array.from({ length: HERD }, startOne))
  const slowest = Math.max(...ended.map(({ ms }) => ms))
  figure(`round ${round}, ${previous}: the slowest of ${HERD} commands took ${Math.round(slowest)} ms`)
  const daemon = root.remember()
  expect(ended.filter(({ status }) => status !== 0)).toEqual([])
  expect(new Set(ended.map((one) => one.daemon))).toEqual(new Set([daemon?.pid]))
  const banner = `spec-kitty: upgraded the sync daemon from ${previous} to ${OWN_VERSION}\n`
  const told = ended.filter(({ stderr }) => stderr.includes('upgraded'))
  expect(told.map(({ stderr }) => stderr)).toEqual([banner])
  expect(new Set(ended.map(({ stderr }) => stderr))).toEqual(new Set(['', banner]))
  expect(startsByCommands().slice(before)).toMatchObject([
    {
      reason: 'version_mismatch',
      previous_version: previous,
      version: OWN_VERSION,
      pid: daemon?.pid,
      by_pid: told[0]?.pid,
    },
  ])
  expect(processesNaming(`--spec-kitty-daemon-root=${root.path}`).map(({ pid }) => pid)).toEqual([
    daemon?.pid,
  ])
  expect([daemonsOf(root.path), listenersOn(9400, 9450)]).toEqual([[daemon?.pid], [{ port: daemon?.port }]])
}

/** The stale daemon writes its own line after its record: that line may still be on its way. */
function startsByCommands() {
  const starts = existsSync(root.file('daemon.log')) ? startsIn(root) : []
  return starts.filter(({ reason }) => reason !== 'started_by_hand')
}

describe(`${HERD} commands at once`, () => {
  it(
    `replace a daemon of an older version once, ${ROUNDS} times over`,
    async () => {
      for (let round = 1; round <= ROUNDS; round++) {
        const stale = await startStale(root)
        await expectOneReplacement(round, '3.9.0')
        expect(lives(stale)).toBe(false)
        expect(root.run(['sync', 'stop'])).toMatchObject({ status: 0, stderr: '' })
      }
    },
    timeoutFor(ROUNDS, ROUND_MS),
  )

  it(
    `replace the recorded daemon of the predecessor once, and keep its record, ${ROUNDS} times over`,
    async () => {
      for (let round = 1; round <= ROUNDS; round++) {
        // Once there is a record of ours, the predecessor is in daily use: each round has a home of its own.
        root = root.beside(join(root.base, `round-${round}`))
        const old = await startPredecessor(root.path, 9400)
        const record = readFileSync(join(root.path, 'sync-daemon'), 'utf8')
        await expectOneReplacement(round, old.version)
        const aside = readdirSync(root.path).filter((name) => /^sync-daemon(?!\.log$)/.test(name))
        expect(aside).toEqual([expect.stringMatching(/^sync-daemon\.replaced-/)])
        const kept = readFileSync(join(root.path, aside[0] ?? ''), 'utf8')
        expect(kept).toBe(record.replace(old.token, '<redacted>'))
        expect([record.split('\n').length, lives(old)]).toEqual([5, false])
        expect(root.run(['sync', 'stop'])).toMatchObject({ status: 0, stderr: '' })
      }
    },
    timeoutFor(ROUNDS, ROUND_MS),
  )
})

/** One question to a daemon that does not answer takes a second; of three in a row the third would be an error. */
const SILENCE_MS = 1_500

/** Long enough for the command to ask again. */
const ANSWERING_MS = 3_000

/** Longer than half a second, shorter than the 1.8 s that a daemon may be silent in any case. */
const HICCUP_MS = 900

describe('one command', () => {
  it('that met silence, and then had to wait for its turn, asks the older daemon again', async () => {
    const stale = await startStale(root)
    const holder = spawnHolder(root.path)
    await holder.ready
    signal(stale, 'SIGSTOP')
    const command = startOne()
    await sleep(SILENCE_MS)
    signal(stale, 'SIGCONT')
    await sleep(ANSWERING_MS)
    holder.stop()
    await expectReplaced(command)
  })

  it('that had to wait for its turn does not take it out on a daemon that is silent just then', async () => {
    const stale = await startStale(root)
    const holder = spawnHolder(root.path)
    await holder.ready
    const command = startOne()
    await sleep(ANSWERING_MS)
    signal(stale, 'SIGSTOP')
    holder.stop()
    await sleep(HICCUP_MS)
    signal(stale, 'SIGCONT')
    await expectReplaced(command)
  })
})

async function expectReplaced(command: Promise<Ended>): Promise<void> {
  const { status, stderr } = await command
  root.remember()
  expect([stderr, status]).toEqual([`spec-kitty: upgraded the sync daemon from 3.9.0 to ${OWN_VERSION}\n`, 0])
}
