import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.js'
import { copyBuild } from '../stage/builds.js'

/** A way in which a tool is installed, and replaced by another version. */
export interface Layout {
  /** Installs a version in place of the previous one. */
  readonly install: (version: string) => Promise<void>
  /** Returns the command line of the installed version. */
  readonly command: (args: readonly string[]) => readonly string[]
  /** Returns the directory of the package that is installed now. */
  readonly directory: () => string
  /** Returns a text that changes with the files that Node itself reads before ours; null if one of them is incomplete. */
  readonly stamp: () => string | null
}

/** Like `npm i -g`: moves the old directory away, writes the new files one after the other, and removes the old ones. */
export function npmLayout(base: string): Layout {
  const modules = join(base, 'lib', 'node_modules')
  const place = join(modules, 'spec-kitty')
  let count = 0
  return {
    install: async (version) => {
      const fresh = join(base, `tarball-${++count}`)
      copyBuild(fresh, version)
      mkdirSync(modules, { recursive: true })
      const retired = join(modules, `.spec-kitty-${count}`)
      moveIfThere(place, retired)
      await writeSlowly(fresh, place, filesIn(fresh), 0)
      rmSync(retired, { recursive: true, force: true })
      rmSync(fresh, { recursive: true })
    },
    command: (args) => [process.execPath, join(place, 'bin', 'spec-kitty.js'), ...args],
    directory: () => place,
    stamp: () => stampOf(place),
  }
}

/** Like a package manager with a directory for each version: points a link at the new one, and removes the old one. */
export function cellarLayout(base: string): Layout {
  const link = join(base, 'opt')
  let current = ''
  return {
    install: async (version) => {
      const next = join(base, 'Cellar', 'spec-kitty', version)
      rmSync(next, { recursive: true, force: true })
      copyBuild(next, version)
      rmSync(`${link}.next`, { force: true })
      symlinkSync(next, `${link}.next`)
      renameSync(`${link}.next`, link)
      if (current !== '' && current !== next) rmSync(current, { recursive: true })
      current = next
      await sleep(0)
    },
    command: (args) => [process.execPath, join(link, 'bin', 'spec-kitty.js'), ...args],
    directory: () => current,
    stamp: () => stampOf(link),
  }
}

/** Like a manager of Node versions: each Node has its own global directory, and the old ones stay. */
export function nodesLayout(base: string): Layout {
  const nodes = ['v20', 'v20-too'].map((name) => join(base, name))
  let turn = -1
  const at = (): string => nodes[turn % nodes.length] ?? ''
  return {
    install: async (version) => {
      turn += 1
      const place = join(at(), 'lib', 'node_modules', 'spec-kitty')
      rmSync(place, { recursive: true, force: true })
      copyBuild(place, version)
      mkdirSync(join(at(), 'bin'), { recursive: true })
      if (turn < nodes.length) cpSync(process.execPath, join(at(), 'bin', 'node'))
      await sleep(0)
    },
    command: (args) => [
      join(at(), 'bin', 'node'),
      join(at(), 'lib', 'node_modules', 'spec-kitty', 'bin', 'spec-kitty.js'),
      ...args,
    ],
    directory: () => join(at(), 'lib', 'node_modules', 'spec-kitty'),
    stamp: () => '',
  }
}

/** Overwrites the files of an installation, one after the other in any order; only half of each file is written at first. */
export async function overwriteSlowly(place: string, version: string, random: Random): Promise<void> {
  const fresh = `${place}.fresh`
  copyBuild(fresh, version)
  for (const name of readdirSync(join(place, 'command')))
    rmSync(join(place, 'command', name), { recursive: true })
  const order = filesIn(fresh).map((name) => [random.below(2 ** 31), name] as const)
  await writeSlowly(
    fresh,
    place,
    order.toSorted(([a], [b]) => a - b).map(([, name]) => name),
    15,
  )
  rmSync(fresh, { recursive: true })
}

/** Changes the modification time of every file of an installation. */
export function touchAll(place: string): void {
  const time = new Date('1985-10-26T08:15:00Z')
  for (const name of filesIn(place)) utimesSync(join(place, name), time, time)
  utimesSync(place, new Date(), new Date())
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((name) => !name.startsWith('node_modules'))
}

async function writeSlowly(
  from: string,
  to: string,
  names: readonly string[],
  pauseMs: number,
): Promise<void> {
  mkdirSync(to, { recursive: true })
  linkModules(from, to)
  for (const [index, name] of names.entries()) {
    const bytes = readFileSync(join(from, name))
    mkdirSync(dirname(join(to, name)), { recursive: true })
    writeFileSync(join(to, name), bytes.subarray(0, bytes.length >> 1))
    if (pauseMs > 0) await sleep(pauseMs)
    writeFileSync(join(to, name), bytes)
    if (index % 8 === 0) await sleep(1)
  }
}

function linkModules(from: string, to: string): void {
  try {
    cpSync(join(from, 'node_modules'), join(to, 'node_modules'), { verbatimSymlinks: true })
  } catch {
    // It exists already.
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // Before the first installation, there is nothing to move away.
  }
}

function stampOf(place: string): string | null {
  const names = ['package.json', 'bin/package.json', 'bin/spec-kitty.js'].map((name) => join(place, name))
  try {
    const [outer, inner, main] = names.map((name) => readFileSync(name, 'utf8'))
    JSON.parse(outer ?? '')
    JSON.parse(inner ?? '')
    const times = names.map((name) => `${statSync(name).ino} ${statSync(name).mtimeMs}`)
    return main?.trimEnd().endsWith('}') === true ? times.join() : null
  } catch {
    return null
  }
}
