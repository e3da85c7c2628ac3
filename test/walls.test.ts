import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { usesOf, type Uses } from './imports.js'
import { GRANTS, WALLS, type Wall } from './walls.js'

/** The arrows of ARCHITECTURE.md: what is there obeys them, and what is forbidden is seen, however it is written. */
const PACKAGES = fileURLToPath(new URL('../packages/', import.meta.url))

/** Every module of the source, as `familiar/act/acquire-lock.ts`. */
function modules(): readonly string[] {
  return ['familiar', 'spec-kitty'].flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
      .map((path) => `${name}/${path}`),
  )
}

function textOf(module: string): string {
  return readFileSync(join(PACKAGES, module.replace('/', '/src/')), 'utf8')
}

const isIn = (module: string, part: string): boolean =>
  module === part || module.startsWith(part.endsWith('/') ? part : `${part}/`)

const used = new Map<string, Uses>()

/** Reads each module of the source once. */
function usesIn(module: string): Uses {
  const uses = used.get(module) ?? usesOf(textOf(module), module)
  used.set(module, uses)
  return uses
}

function wallOf(module: string): Wall | undefined {
  return WALLS.filter(({ part }) => isIn(module, part)).toSorted((a, b) => b.part.length - a.part.length)[0]
}

/** Returns what a module may not use of what it uses. */
function violations(module: string, { imports, globals }: Uses): readonly string[] {
  const wall = wallOf(module)
  if (wall === undefined) return [`${module} is behind no wall`]
  const forbidden = [
    ...imports.filter((name) => !mayImport(wall, module, name)),
    ...globals.filter((name) => name in GRANTS && !isGranted(module, name)),
  ]
  return forbidden.map((name) => `${module}: ${name}`)
}

const isGranted = (module: string, name: string): boolean =>
  (GRANTS[name] ?? []).some((part) => isIn(module, part))

function mayImport(wall: Wall, module: string, name: string): boolean {
  if (name in GRANTS) return isGranted(module, name)
  if (name.startsWith('node:')) return wall.isPure !== true
  if (!name.startsWith('.')) return wall.may.includes(name)
  const target = relative('.', join(dirname(module), name)).replace(/\.js$/, '.ts')
  if (isIn(target, wall.part)) return wallOf(target) === wall || wall.may.some((part) => isIn(target, part))
  return wall.may.some((part) => isIn(target, part))
}

describe('every module of the source', () => {
  it('imports only what its wall lets through', () => {
    const all = modules()
    expect(all.length).toBeGreaterThan(200)
    expect(all.flatMap((module) => violations(module, usesIn(module)))).toEqual([])
  })

  it('stands behind a wall that is needed', () => {
    const all = modules()
    expect(WALLS.filter((wall) => !all.some((module) => wallOf(module) === wall))).toEqual([])
    const granted = Object.values(GRANTS).flat()
    expect(granted.filter((part) => !all.some((module) => isIn(module, part)))).toEqual([])
  })

  it.each(WALLS)('$part needs every way that its wall leaves open', (wall) => {
    const inside = modules().filter((module) => wallOf(module) === wall)
    const isUsed = (name: string): boolean => {
      const less = { ...wall, may: wall.may.filter((one) => one !== name) }
      return inside.some((module) => usesIn(module).imports.some((one) => !mayImport(less, module, one)))
    }
    expect(wall.may.filter((name) => !isUsed(name))).toEqual([])
  })
})

/** The same of a module with this text. */
function violationsOf(module: string, text: string): readonly string[] {
  return violations(module, usesOf(text, module))
}

/** Every part that a module behind that wall may not reach. */
function forbiddenFrom(wall: Wall): readonly string[] {
  return WALLS.filter(
    (other) => other !== wall && !isIn(wall.part, other.part) && !isIn(other.part, wall.part),
  )
    .map(({ part }) => part)
    .filter((part) => !wall.may.some((one) => isIn(part, one)))
}

const moduleIn = (part: string): string => (part.endsWith('.ts') ? part : `${part}/probe.ts`)

describe('a forbidden import is seen', () => {
  it.each(WALLS)('from $part, whatever it leads to', (wall) => {
    const module = moduleIn(wall.part)
    const parts = forbiddenFrom(wall)
    const names = parts.map((part) => {
      const path = relative(dirname(module), moduleIn(part)).replace(/\.ts$/, '.js')
      return path.startsWith('.') ? path : `./${path}`
    })
    const text = names.map((name) => `import '${name}'\n`).join('')
    expect(violationsOf(module, text)).toEqual(names.map((name) => `${module}: ${name}`))
  })

  it.each([
    ['a type', "import type { X } from '../act/acquire-lock.js'"],
    ['a type in an expression', "type X = import('../act/acquire-lock.js').HeldLock"],
    ['an export', "export { x } from '../act/acquire-lock.js'"],
    ['everything', "export * from '../act/acquire-lock.js'"],
    ['at run time', "const x = await import('../act/acquire-lock.js')"],
    ['by require', "const x = require('../act/acquire-lock.js')"],
    ['for its effects', "import '../act/acquire-lock.js'"],
    ['a file for another process', "const x = new URL('../act/acquire-lock.js', import.meta.url)"],
    ['by a detour', "import '../observe/../act/acquire-lock.js'"],
    ['with a name that is computed', 'const x = await import(`../act/${name}.js`)'],
  ])('%s', (_, text) => {
    expect(violationsOf('familiar/observe/probe.ts', text)).toHaveLength(1)
  })

  it.each([
    ['familiar/observe/probe.ts', "import { startDaemon } from '../client/start-daemon.js'"],
    ['familiar/daemon/retirement.ts', "import { rmSync } from 'node:fs'"],
    ['familiar/daemon/retirement.ts', "import { rmSync } from 'fs'"],
    ['familiar/daemon/retirement.ts', "import { startDaemon } from '../client/start-daemon.js'"],
    ['familiar/classify/probe.ts', "import { serve } from '../daemon/server.js'"],
    ['familiar/act/probe.ts', "import { spawn } from 'node:child_process'"],
    ['familiar/act/probe.ts', "import { spawn } from 'child_process'"],
    ['familiar/observe/probe.ts', "import { version } from '../../../spec-kitty/src/version.js'"],
    ['familiar/observe/probe.ts', "import { version } from 'spec-kitty'"],
    [
      'spec-kitty/sync/probe.ts',
      "import { startDaemon } from '../../../familiar/src/client/start-daemon.js'",
    ],
    ['spec-kitty/sync/probe.ts', "import { startDaemon } from 'familiar/dist/client/start-daemon.js'"],
    ['spec-kitty/dashboard/ui/probe.ts', "import { look } from 'familiar'"],
    ['spec-kitty/dashboard/ui/probe.ts', "import { daemons } from '../daemons.js'"],
    ['spec-kitty/dashboard/ui/probe.ts', "import { readFileSync } from 'node:fs'"],
    ['familiar/new/probe.ts', ''],
  ])('in %s: %s', (module, text) => {
    expect(violationsOf(module, text)).toHaveLength(1)
  })
})

describe('what is dangerous is seen', () => {
  it.each([
    "process.kill(pid, 'SIGTERM')",
    "process['kill'](pid)",
    'const { kill } = process',
    'const { kill: end } = child',
    'child.kill()',
    'globalThis.process.kill(pid)',
    'const other = process',
    "import process from 'node:process'",
    "const other = process.getBuiltinModule('process')",
    'if (process.platform === "linux") {}',
    'const path = process.env.PATH',
    'const [first] = process.argv',
    'process.exit(1)',
    'console.log(1)',
    'time.toLocaleTimeString()',
    'a.localeCompare(b)',
    "new Intl.Collator('en')",
    "import { mkdirSync } from 'node:fs'",
    "import { mkdir as make } from 'node:fs/promises'",
    "fs['mkdirSync'](path, { recursive: true })",
    'const { mkdir } = promises',
  ])('%s', (text) => {
    expect(violationsOf('familiar/client/probe.ts', text)).not.toEqual([])
  })

  it('and is allowed where it belongs', () => {
    expect(violationsOf('familiar/act/signal.ts', "process.kill(pid, 'SIGTERM')")).toEqual([])
    expect(violationsOf('familiar/client/start-daemon.ts', "process.kill(pid, 'SIGTERM')")).toHaveLength(1)
    expect(
      violationsOf('familiar/client/start-daemon.ts', "import { spawn } from 'node:child_process'"),
    ).toEqual([])
  })
})
