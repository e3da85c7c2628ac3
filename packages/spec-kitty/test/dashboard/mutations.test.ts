import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { openProject } from '../../src/dashboard/project/project.js'
import { laneEvent, oneMission, removeProjects, write } from '../helpers/projects.js'

afterAll(removeProjects)

const ROUNDS = times(40, 120)

/** Far more than reading a small project takes on a busy machine: a reader that hangs is what is looked for. */
const BOUND_MS = 5000

type Random = () => number

function pick<T>(random: Random, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}

const PARTS = [
  '---\n',
  '\n',
  '{',
  '"',
  '\0',
  '\uFEFF',
  '*a',
  '&a ',
  '__proto__',
  '\u00ff',
  '[[[[',
  '\r',
  ': ',
  '!',
]

/** Each does one thing to a file that was there, or to what stands in its place by now. */
const MUTATIONS: readonly ((path: string, random: Random) => void)[] = [
  (path, random) => {
    const bytes = readFileSync(path)
    for (let flips = 0; flips < 3 && bytes.length > 0; flips += 1)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    writeFileSync(path, bytes)
  },
  (path, random) => truncateSync(path, Math.floor(random() * lstatSync(path).size)),
  (path, random) => {
    const text = readFileSync(path, 'latin1')
    const at = Math.floor(random() * text.length)
    writeFileSync(path, text.slice(0, at) + pick(random, PARTS) + text.slice(at), 'latin1')
  },
  (path, random) => writeFileSync(path, Buffer.from(Array.from({ length: 500 }, () => random() * 256))),
  (path) => {
    rmSync(path, { recursive: true })
    mkdirSync(path)
  },
  (path, random) => {
    rmSync(path, { recursive: true })
    symlinkSync(pick(random, ['/etc/passwd', '/dev/zero', '..', '.', 'nowhere', path, '/proc/self/fd']), path)
  },
  (path, random) => renameSync(path, `${path}${pick(random, ['.md', '\n', '%00', '-WP02.md'])}`),
  (path) => rmSync(path, { recursive: true }),
]

/** Everything below a directory, without following a link: equal texts, nothing was written in between. */
function stateOf(directory: string): string {
  const hash = createHash('sha256')
  for (const path of pathsBelow(directory)) {
    const stats = lstatSync(path, { bigint: true })
    hash.update([path, stats.mode, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' '))
    if (stats.isFile()) hash.update(readFileSync(path))
    if (stats.isSymbolicLink()) hash.update(readlinkSync(path))
  }
  return hash.digest('hex')
}

/** Files, directories and links, none of which is followed: `readdir` of Node 20 follows them when it is recursive. */
function pathsBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? [path, ...pathsBelow(path)] : [path]
  })
}

async function readAll(project: string): Promise<void> {
  const reader = openProject(project)
  for (const { id } of (await reader.missions()).missions) {
    const mission = await reader.mission(id)
    expect(mission?.problem_count).toBe(mission?.problems.length)
    for (const { name } of mission?.documents ?? []) expect(await reader.document(id, name)).not.toBeNull()
    expect(JSON.stringify(mission)).not.toContain('root:x:0')
  }
}

/** One mission, whose log is ahead in a worktree. */
function withWorktree(): string {
  const project = oneMission()
  const copy = join(project, '.worktrees/001-start-lane-a/kitty-specs/001-start/status.events.jsonl')
  write(copy, laneEvent(0, 'WP10', 'planned') + laneEvent(5, 'WP10', 'claimed'))
  return project
}

it('a project that is damaged at random is read without an error, without a trace, and in time', async () => {
  const { seed, random } = seeded('dashboard/mutations')
  let project = withWorktree()
  let slowest = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    // Damage adds up for a while; then there is little left to damage.
    if (round % 10 === 0) {
      removeProjects()
      project = withWorktree()
    }
    const what = damage(project, random)
    const before = stateOf(project)
    const start = performance.now()
    await readAll(project).catch((error: unknown) => {
      throw new Error(`seed ${seed}, round ${round}: ${what}`, { cause: error })
    })
    slowest = Math.max(slowest, performance.now() - start)
    expect([seed, round, what, stateOf(project)]).toEqual([seed, round, what, before])
  }
  figure(`${ROUNDS} rounds, the slowest took ${slowest.toFixed(0)} ms`)
  expect(slowest).toBeLessThan(BOUND_MS)
}, 120_000)

/** Damages one thing, and says which. What cannot be done to it any more is not done. */
function damage(project: string, random: Random): string {
  const paths = pathsBelow(project)
  if (paths.length === 0) return 'nothing is left'
  const path = pick(random, paths)
  const mutation = Math.floor(random() * MUTATIONS.length)
  try {
    // A link is not written through: it may lead out of the project by now.
    if (!lstatSync(path).isSymbolicLink() || mutation >= 4) MUTATIONS[mutation]?.(path, random)
  } catch {
    return `mutation ${mutation} was not possible on ${path}`
  }
  return `mutation ${mutation} of ${path}`
}
