import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.js'
import { spawnHolder } from './holder.js'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { gone, processOf, typeIn, type Process } from '../helpers/dashboards.js'
import { lives, makeRoot, signal, until, type SyncRoot } from './sync-root.js'

/** `auth doctor --reset` on a terminal, while what it asks about changes. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

async function preMarker(port: number): Promise<Process> {
  const options = { family: 'sync', version: '3.2.4', root: root.path, marker: false } as const
  return processOf((await spawnPredecessor({ ...options, port })).pid)
}

const plain = (text: string): string => text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '').replaceAll('\r', '')

it('tells what ended between the question and the answer, beside what it ended', async () => {
  const [one, two] = [await preMarker(9401), await preMarker(9402)]
  const { status, said } = await typeIn(
    root.base,
    'spec-kitty auth doctor --reset',
    'y\n',
    root.env,
    async () => {
      signal(one, 'SIGKILL')
      await gone(one, 60_000)
    },
  )
  const text = plain(said).replaceAll(/\s+/g, ' ')
  expect([status, lives(one), lives(two)]).toEqual([0, false, false])
  expect(text).toContain(
    `already gone port 9401 (process ${one.pid}): it ended by itself, or something else ended it`,
  )
  expect(text).toContain(`ended port 9402 (process ${two.pid}`)
  expect(text).toContain(`ps -ww -p ${one.pid},${two.pid} -o pid,stat,user,lstart,args`)
})

it('says that another command is at work, and nothing when it has ended', async () => {
  const lock = spawnHolder(root.path)
  const pid = await lock.ready
  const told = `another command (process ${pid}) is starting, ending or cleaning up sync daemons of this home: what is shown may change\n`
  for (const args of [
    ['auth', 'doctor'],
    ['auth', 'doctor', '--reset', '--json'],
  ])
    expect(runCli(args, { env: root.env })).toMatchObject({ status: 0, stderr: told })
  lock.stop()
  await until(() => runCli(['auth', 'doctor'], { env: root.env }).stderr === '', 30_000)
})

it('offers no force for a silent daemon that another command may be ending, nor for one that may be starting', async () => {
  const silent = await spawnPredecessor({ family: 'sync', port: 9403, version: '3.2.4', root: root.path })
  silent.child.kill('SIGSTOP')
  const seen = () => {
    const { orphans, findings } = root.json(['auth', 'doctor']).document
    const [{ rule, remedy }] = orphans
    return [rule, remedy, findings.map(({ id }: { id: string }) => id)]
  }
  const lock = spawnHolder(root.path)
  const pid = await lock.ready
  const description = `process ${pid} may be ending or starting it: look again when that is done`
  const ofHome = ['F-001', 'F-005']
  expect(seen()).toEqual([
    'S11',
    { commands: ['spec-kitty explain unresponsive'], description, safe: true },
    ofHome,
  ])
  lock.stop()
  await until(() => runCli(['auth', 'doctor'], { env: root.env }).stderr === '', 30_000)
  expect(seen()).toEqual([
    'S11',
    {
      commands: ['spec-kitty explain starting'],
      description: 'it may still be coming up: look again in 30 s',
      safe: true,
    },
    ofHome,
  ])
  expect(runCli(['auth', 'doctor'], { env: root.env }).stdout).not.toContain('--force')
})

it('does not take the sync daemon for a command while it cleans up stale ones', async () => {
  const stubborn = { family: 'sync', version: '3.2.4', root: root.path, behaviour: 'ignore-term' } as const
  for (const port of [9411, 9412]) await spawnPredecessor({ ...stubborn, port })
  // A predecessor's daemon counts as starting for 30 s.
  await sleep(31_000)
  expect(runCli(['sync', 'start'], { env: root.env }).status).toBe(0)
  const told: string[] = []
  await until(() => {
    told.push(runCli(['auth', 'doctor'], { env: root.env }).stderr)
    return told.some((text) => text !== '')
  }, 60_000)
  expect(told.at(-1)).toMatch(
    /^the sync daemon \(process \d+\) is cleaning up stale ones of this home: what is shown may change\n$/,
  )
  expect(runCli(['sync', 'stop'], { env: root.env }).status).toBe(0)
})
