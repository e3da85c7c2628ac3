import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PYTHON } from '../../../../stand-ins/predecessor-command-lines.mjs'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { lives, makeRoot, type Daemon, type SyncRoot } from './sync-root.js'
import { expectAlive, OWN_VERSION, startPredecessor, startStale } from './version-stale.js'

/**
 * A daemon names its scope more than once: in its command line, its report, its environment, and by the records and locks
 * that name it. One of them may lead here by now. As long as it is the live daemon of another root, no command ends it here.
 */
let here: SyncRoot
let theirs: SyncRoot
let linked: Awaited<ReturnType<typeof startPredecessor>>
let unnamed: Awaited<ReturnType<typeof startPredecessor>>
let preMarker: Awaited<ReturnType<typeof startPredecessor>>
let own: Daemon
let bornAt: number

/** A predecessor's daemon counts as starting for 30 s: what that does not change is tested meanwhile. */
const AGE_MS = 31_000

/** A link that led to the other root when the daemon was started, and leads here now. */
async function startThroughLink<T>(name: string, start: (link: string) => Promise<T>): Promise<T> {
  const link = join(here.base, name)
  symlinkSync(theirs.path, link)
  const started = await start(link)
  rmSync(link)
  symlinkSync(here.path, link)
  return started
}

beforeAll(async () => {
  here = makeRoot('here')
  theirs = here.beside(join(here.base, 'theirs', '.spec-kitty'))
  for (const { path } of [here, theirs]) mkdirSync(path, { recursive: true, mode: 0o700 })
  linked = await startThroughLink('link', (marker) => startPredecessor(theirs.path, 9400, { marker }))
  const home = join(here.base, 'second', '.spec-kitty')
  mkdirSync(home, { recursive: true })
  // This release names no root in its report, and ignores SPEC_KITTY_HOME: only its HOME tells where it is recorded.
  unnamed = await startThroughLink('second-link', (marker) =>
    startPredecessor(home, 9401, { marker, version: '3.2.2' }),
  )
  const third = join(here.base, 'third', '.spec-kitty')
  preMarker = await startPredecessor(third, 9402, { version: '3.1.10' })
  own = await startThroughLink('own-link', (link) => startStale(here.beside(link), OWN_VERSION))
  bornAt = performance.now()
})

afterAll(async () => {
  await stopAll()
  await here?.end()
})

function expectAll(): void {
  expectAlive(linked, unnamed, preMarker, own)
}

/** Every command that may end a daemon, in this root. */
const COMMANDS = [
  ['auth', 'doctor', '--reset'],
  ['auth', 'doctor', '--reset', '--force'],
  ['sync', 'start'],
  ['upgrade-hook'],
  ['sync', 'restart'],
  ['auth', 'doctor', '--reset', '--force'],
  ['sync', 'stop'],
]

describe('a root whose record was copied from another one', () => {
  it.each([
    ['as it is', null],
    ['with another token', 'f'.repeat(32)],
  ])('%s: stop, status and force leave the daemon of that one', (how, token) => {
    const copy = here.beside(join(here.base, `copy ${how}`))
    mkdirSync(copy.path, { recursive: true, mode: 0o700 })
    const record = join(copy.path, 'sync-daemon')
    copyFileSync(join(here.base, 'third', '.spec-kitty', 'sync-daemon'), record)
    if (token !== null) writeFileSync(record, readFileSync(record, 'utf8').replace(preMarker.token, token))
    expect(copy.json(['sync', 'stop'])).toMatchObject({ status: 0, document: { outcome: 'none' } })
    expect(copy.json(['sync', 'status']).document.state).not.toBe('running')
    const { reset_result } = copy.json(['auth', 'doctor', '--reset', '--force']).document
    expect([reset_result.swept, reset_result.failed]).toEqual([[], []])
    expectAll()
    const ours = copy.start()
    expectAlive(ours, preMarker)
    expect(copy.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: ours.pid })
    expectAll()
  })

  it('force anywhere spares a recorded daemon without a marker: its environment names its root', () => {
    const { document } = here.json(['auth', 'doctor', '--reset', '--force', '--port', '9402'])
    expect(document.reset_result).toMatchObject({ swept: [], failed: [], skipped: [{ port: 9402 }] })
    const row = document.orphans.find(({ port }: { port: number }) => port === 9402)
    expect(row).toMatchObject({ rule: 'S9', in_use_by: join(here.base, 'third', '.spec-kitty') })
    expect(lives(preMarker)).toBe(true)
  })

  /** Without HOME, Python takes the directory of the user from the system. */
  const UNTOLD: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['no HOME', { HOME: undefined }],
    ['an empty HOME', { HOME: '' }],
    ['a relative HOME', { HOME: 'home' }],
    ['a relative SPEC_KITTY_HOME', { SPEC_KITTY_HOME: 'home' }],
  ]

  it.each(UNTOLD)(
    'force anywhere spares one whose environment does not tell its root: %s',
    async (_, env) => {
      const root = join(here.base, 'untold', '.spec-kitty')
      const untold = await startPredecessor(root, 9410, { version: '3.1.10', env })
      const { document } = here.json(['auth', 'doctor', '--reset', '--force', '--port', '9410'])
      expect(document.reset_result).toMatchObject({ swept: [], failed: [], skipped: [{ port: 9410 }] })
      expect(lives(untold)).toBe(true)
      untold.child.kill('SIGKILL')
      await untold.exited
    },
  )

  it('force anywhere spares one whose HOME is not UTF-8: it is read byte by byte', async () => {
    const python = join(here.base, 'python.sh')
    const home = `${here.base}/caf`
    const lines = [
      '#!/bin/bash',
      `export HOME=$'${home}\\xe9'`,
      `exec -a '${PYTHON}' '${process.execPath}' "$@"`,
    ]
    writeFileSync(python, `${lines.join('\n')}\n`, { mode: 0o755 })
    const root = `${home}\udce9/.spec-kitty`
    const odd = await startPredecessor(root, 9410, { version: '3.1.10', node: python })
    const { document } = here.json(['auth', 'doctor', '--reset', '--force', '--port', '9410'])
    expect(document.reset_result).toMatchObject({ swept: [], failed: [], skipped: [{ port: 9410 }] })
    const row = document.orphans.find(({ port }: { port: number }) => port === 9410)
    expect(row).toMatchObject({ rule: 'S9', in_use_by: root })
    odd.child.kill('SIGKILL')
    await odd.exited
  })
})

describe('a daemon whose marker leads here by now, and that is recorded in another root', () => {
  beforeAll(() => sleep(Math.max(0, bornAt + AGE_MS - performance.now())))

  it('is in use there: shown so, and named with a command that only looks', () => {
    // Before it would act, a command gives the other roots their time, also on a busy machine.
    const { document } = here.json(['auth', 'doctor', '--reset', '--dry-run'])
    const rows = [linked, unnamed, own].map(({ port }) =>
      document.orphans.find((row: { port: number }) => row.port === port),
    )
    expect(rows).toMatchObject([
      { rule: 'S13', in_use_by: theirs.path },
      { rule: 'S17', in_use_by: join(here.base, 'second', '.spec-kitty') },
      { rule: 'S13', in_use_by: theirs.path },
    ])
    for (const { remedy, in_use_by } of rows) {
      expect(remedy).toMatchObject({
        commands: [`SPEC_KITTY_HOME=${in_use_by} spec-kitty sync status`],
        safe: true,
      })
    }
  })

  it.each(COMMANDS.map((args) => [args.join(' '), args] as const))('%s leaves it', (_, args) => {
    expect(here.run(args).status).toBe(0)
    expectAll()
  })

  it('ours is still the daemon of its own root; one whose only proof there is a record that may be a copy is left alone', () => {
    expect(theirs.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: own.pid })
    const home = here.beside(join(here.base, 'second', '.spec-kitty'))
    expect(home.json(['sync', 'status']).document).toMatchObject({
      state: 'none',
      why: "its record names a daemon that is not proven to be this scope's",
    })
    expect(home.json(['sync', 'stop']).document.outcome).toBe('none')
    expectAll()
  })
})
