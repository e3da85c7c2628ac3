import { chownSync, copyFileSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi, type TestContext } from 'vitest'
import { makeHome, removeHomes, treeOf } from '../../../familiar/test/helpers/homes.js'
import { needRoot, NOBODY } from '../../../familiar/test/helpers/skip.js'
import { runCommandHere } from '../helpers/run-command.js'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'

/** Root in the home and in the project of another user: every command that writes refuses before it writes anything. */
let base: string
let home: string
let project: string

beforeEach(() => {
  base = makeHome()
  home = join(base, 'home')
  project = join(home, 'project')
  mkdirSync(project, { recursive: true })
})

afterAll(() => {
  vi.unstubAllEnvs()
  removeHomes()
})

const UUID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

/** Each of these writes in the home. */
const IN_HOME: readonly (readonly [string, ...string[]])[] = [
  ['init'],
  ['auth-login', '--with-token', '--server', 'http://127.0.0.1:1'],
  ['auth-logout'],
  ['sync-publish', '--type', 'X'],
  ['sync-queue-drop', UUID, '--yes'],
  ['sync-queue-retry', UUID],
  ['sync-start'],
  ['sync-restart'],
]

/** Each of these writes in the project, or where its argument says. */
const IN_PROJECT: readonly (readonly [string, ...string[]])[] = [
  ['init'],
  ['init', 'new'],
  ['init', '../beside'],
  ['init', '.'],
  ['sync-opt-in'],
  ['sync-opt-out'],
  ['sync-queue', '--export', 'file'],
]

function give(path: string): void {
  chownSync(path, NOBODY, NOBODY)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) give(join(path, name))
}

async function expectRefused([name, ...args]: readonly [string, ...string[]]): Promise<void> {
  const before = treeOf(home)
  const { exit, out, err } = await runCommandHere(name, args, project)
  expect([name, args, exit, out, err.trimEnd().split('\n').length]).toEqual([name, args, 2, '', 1])
  expect(err).toContain(', you are root: looking is all that is done here')
  expect([name, args, treeOf(home)]).toEqual([name, args, before])
}

function makeOwn(): string {
  const own = join(base, 'of-root')
  mkdirSync(own)
  return own
}

function setHome(path: string, context: TestContext): void {
  needRoot(context)
  vi.stubEnv('SPEC_KITTY_HOME', undefined)
  vi.stubEnv('HOME', path)
}

it('writes nothing in the home of another user, whether it has one of ours or not', async (context) => {
  setHome(home, context)
  mkdirSync(join(project, '.kittify'))
  chownSync(home, NOBODY, NOBODY)
  for (const one of IN_HOME.filter(([name]) => !name.startsWith('sync-queue-'))) await expectRefused(one)
  const source = queuePath(join(base, 'source'))
  ;(await openQueue(source))[Symbol.dispose]()
  const queue = queuePath(join(home, '.spec-kitty'))
  mkdirSync(dirname(queue), { recursive: true })
  copyFileSync(source, queue)
  give(join(home, '.spec-kitty'))
  for (const one of IN_HOME) await expectRefused(one)
})

it.for([
  ['without .kittify', () => mkdirSync(join(project, 'kitty-specs'))],
  ['with .kittify', () => mkdirSync(join(project, '.kittify'))],
  [
    'with a consent',
    () => {
      mkdirSync(join(project, '.kittify'))
      writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: false\n')
    },
  ],
] as const)('writes nothing in the project of another user %s', async ([, make], context) => {
  setHome(makeOwn(), context)
  make()
  give(home)
  for (const one of IN_PROJECT) await expectRefused(one)
  expect(readdirSync(join(base, 'of-root'))).toEqual([])
})

it('gives no consent where only .kittify is of root, which a command of root may have left', async (context) => {
  setHome(makeOwn(), context)
  give(home)
  mkdirSync(join(project, '.kittify'))
  await expectRefused(['sync-opt-in'])
})
