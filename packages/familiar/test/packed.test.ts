import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeHome } from './helpers/homes.js'
import { packLibrary } from './helpers/install-tarball.js'
import { leaveNothing } from './helpers/leaks.js'

leaveNothing()

const MODULES = dirname(dirname(createRequire(import.meta.url).resolve('fs-native-extensions')))
const TSC = join(MODULES, 'typescript', 'bin', 'tsc')

/** npm and tsc leave a directory in the temporary one otherwise. */
const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }

/** Uses a name of each entry, as an author would. */
const CONSUMER = `
  import { defineDaemon, FamiliarError, type Daemon } from 'familiar'
  import { runCommand } from 'familiar/cli'
  import { sandbox, type Sandbox } from 'familiar/testing'
  import { classify } from 'familiar/internals'
  export const daemon: Daemon = defineDaemon({ name: 'consumer' })
  export const open = (): Promise<Sandbox> => sandbox(daemon)
  export const run = (): Promise<number> => runCommand(daemon, ['status'])
  export const code = (error: FamiliarError): string => error.code
  export { classify }`

let project = ''
let library = ''

/** What `npm install` of the tarball makes of an empty project. */
beforeAll(() => {
  project = realpathSync(makeHome())
  library = join(project, 'node_modules', 'familiar')
  mkdirSync(library, { recursive: true })
  execFileSync('tar', ['-xzf', packLibrary(), '-C', library, '--strip-components=1'])
  symlinkSync(join(MODULES, 'fs-native-extensions'), join(project, 'node_modules', 'fs-native-extensions'))
}, 240_000)

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project,
    env,
    encoding: 'utf8',
  })
  return { status, stdout: stdout.trim(), stderr }
}

describe('the packed library', () => {
  it('has the chunks, the types of the modules and the licence, and no source map: the chunks are readable', () => {
    const files = readdirSync(library, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(library.length + 1))
    const expected = /^(?:lib\/[\w/-]+\.js|dist\/[\w/-]+\.d\.ts)$/
    expect(files.filter((file) => !expected.test(file)).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ])
    expect(files.filter((file) => file.includes('peek-main'))).toEqual([])
  })

  it.each([
    ["import('familiar').then((all) => console.log(typeof all.defineDaemon))"],
    ["import('familiar/testing').then((all) => console.log(typeof all.sandbox))"],
    ["import('familiar/internals').then((all) => console.log(typeof all.classify))"],
    ["console.log(typeof require('familiar').defineDaemon)"],
    ["console.log(typeof require('familiar/internals').classify)"],
    ["console.log(typeof require('familiar/package.json').version === 'string' && 'function')"],
  ])('can be loaded by %s', (script) => {
    expect(run('-e', script)).toEqual({ status: 0, stdout: 'function', stderr: '' })
  })

  it('is one library, whichever of its entries defines, tests or looks inside', () => {
    const script = `
      import { defineDaemon } from 'familiar'
      import { definitionOf } from 'familiar/internals'
      import { sandbox } from 'familiar/testing'
      const tool = defineDaemon({ name: 'tool', entry: process.execPath, version: '1.0.0' })
      const box = await sandbox(tool)
      await box.close()
      console.log(definitionOf(tool).version)`
    expect(run('--input-type=module', '-e', script)).toEqual({ status: 0, stdout: '1.0.0', stderr: '' })
  })

  it('has types for every entry, which need no other package than those of Node', () => {
    writeFileSync(join(project, 'consumer.mts'), CONSUMER)
    const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022']
    const types = ['--module', 'nodenext', '--types', 'node', '--typeRoots', join(MODULES, '@types')]
    expect(run(TSC, ...strict, ...types, 'consumer.mts')).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})
