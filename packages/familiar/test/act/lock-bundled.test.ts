import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as esbuild, stop as stopEsbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterAll, expect, it } from 'vitest'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'

leaveNothing()

// esbuild keeps a process for further builds.
afterAll(stopEsbuild)

const LOCK = fileURLToPath(new URL('../../dist/act/acquire-lock.js', import.meta.url))
const MODULES = dirname(dirname(createRequire(import.meta.url).resolve('fs-native-extensions')))

/** Takes a lock, and says as JSON what came of it. */
const TAKE = `
  import { acquireLock } from ${JSON.stringify(LOCK)}
  acquireLock(process.argv[2], { waitMs: 0 }).then(
    () => console.log(JSON.stringify('held')),
    ({ code, message }) => console.log(JSON.stringify({ code, message })))`

type Format = 'esm' | 'cjs'

/** No package is named as external: the library must not depend on that. */
const BUNDLERS = {
  esbuild: async (input: string, outfile: string, format: Format): Promise<void> => {
    await esbuild({
      entryPoints: [input],
      outfile,
      format,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
    })
  },
  rolldown: async (input: string, file: string, format: Format): Promise<void> => {
    const bundle = await rolldown({ input, platform: 'node' })
    await bundle.write({ file, format, codeSplitting: false })
    await bundle.close()
  },
}

function run(file: string, lock: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [file, lock], { cwd: '/', encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

it.for([
  ['esbuild', 'esm'],
  ['esbuild', 'cjs'],
  ['rolldown', 'esm'],
  ['rolldown', 'cjs'],
] as const)(
  'a bundle of %s, %s, finds the lock library beside it, or says that it is not there',
  async ([bundler, format]) => {
    const home = realpathSync(makeHome())
    const input = join(home, 'source.mjs')
    writeFileSync(input, TAKE)
    const directory = join(home, 'tool')
    mkdirSync(directory)
    const file = join(directory, format === 'esm' ? 'tool.mjs' : 'tool.cjs')
    await BUNDLERS[bundler](input, file, format)
    const lock = join(home, 'lifecycle.lock')
    expect(run(file, lock)).toEqual({
      code: 'E_LOCK_UNAVAILABLE',
      message: `cannot lock ${lock}: the lock library is not there for ${file}: Cannot find module 'fs-native-extensions'`,
    })
    symlinkSync(MODULES, join(directory, 'node_modules'))
    expect(run(file, lock)).toBe('held')
  },
)
