import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { UNSHARE } from '../helpers/mount-namespace.js'
import { needCommand } from '../helpers/skip.js'

leaveNothing()

const DIST = fileURLToPath(new URL('../../dist', import.meta.url))
const MODULES = dirname(dirname(createRequire(import.meta.url).resolve('fs-native-extensions')))
const NEEDED = ['require-addon', 'bare-addon-resolve', 'bare-module-resolve', 'bare-semver', 'which-runtime']

/** Takes the lock with the installation in this directory, and says as JSON what came of it. */
const TAKE = `
  import(process.argv[1] + '/dist/act/acquire-lock.js').then(async ({ acquireLock }) => {
    const holder = { pid: process.pid, startTime: null }
    try {
      await acquireLock(process.argv[2], { holder, waitMs: 0 })
      console.log(JSON.stringify({ held: true }))
    } catch ({ code, message, hint, retry }) {
      console.log(JSON.stringify({ code, message, hint, retry }))
    }
  })`

interface Installed {
  readonly path: string
  readonly lock: string
  /** The directory of the build for this system, and its file. */
  readonly builds: string
  readonly library: string
}

/** An installation of the built library, with a lock library of its own. */
function install(): Installed {
  const path = realpathSync(makeHome())
  cpSync(DIST, join(path, 'dist'), { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(path, 'node_modules'))
  for (const name of NEEDED) symlinkSync(join(MODULES, name), join(path, 'node_modules', name))
  const locks = join(path, 'node_modules', 'fs-native-extensions')
  cpSync(join(MODULES, 'fs-native-extensions'), locks, { recursive: true })
  const builds = join(locks, 'prebuilds', `${process.platform}-${process.arch}`)
  return {
    path,
    lock: join(path, 'lifecycle.lock'),
    builds,
    library: join(builds, 'fs-native-extensions.node'),
  }
}

function take({ path, lock }: Installed, prefix: readonly string[] = [], options: readonly string[] = []) {
  const [command, ...args] = [...prefix, process.execPath, ...options, '-e', TAKE, path, lock]
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as { readonly code?: string; readonly message: string; readonly hint: string }
}

/** Node 20 has the longer name. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

const CODE = { code: 'E_LOCK_UNAVAILABLE', retry: false }

describe('a lock library that', () => {
  it('is whole gives the lock', () => {
    expect(take(install())).toEqual({ held: true })
  })

  it('is mounted noexec is named, with the mount and not the system as the cause', (context) => {
    needCommand(context, UNSHARE[0], UNSHARE[1])
    const installed = install()
    const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,noexec "$0" && exec "$@"'
    const { message, ...rest } = take(installed, [
      UNSHARE[0],
      ...UNSHARE[1],
      'sh',
      '-c',
      mount,
      installed.path,
    ])
    expect(rest).toMatchObject({
      ...CODE,
      hint: expect.stringMatching(/noexec.*install this tool elsewhere/),
    })
    expect(rest.hint).toContain(`findmnt -T ${installed.builds}`)
    expect(rest.hint).not.toContain('glibc')
    expect(message).toContain(`the lock library ${installed.library} cannot be loaded: failed to map segment`)
  })

  it('lost its file is missing, and is to be installed again', () => {
    const installed = install()
    rmSync(installed.library)
    expect(take(installed)).toEqual({
      ...CODE,
      message: `cannot lock ${installed.lock}: the lock library ${installed.library} is missing`,
      hint: 'install this tool again',
    })
  })

  it('is not installed at all is to be installed again, also beside a bundle', () => {
    const installed = install()
    rmSync(dirname(dirname(installed.builds)), { recursive: true })
    const { message, ...rest } = take(installed)
    expect(rest).toEqual({
      ...CODE,
      hint: 'install this tool again; a bundle needs the package fs-native-extensions in a node_modules directory beside it or above',
    })
    const looking = join(installed.path, 'dist/observe/platform/native-locks.js')
    expect(message).toBe(
      `cannot lock ${installed.lock}: the lock library is not there for ${looking}: Cannot find module 'fs-native-extensions'`,
    )
  })

  it.each([
    ['--no-addons', []],
    [PERMISSION, ['--allow-fs-read=*', '--allow-fs-write=*']],
  ])('may not be loaded by %s says so, and which option is missing', (option, more) => {
    const installed = install()
    const { message, ...rest } = take(installed, [], [option, ...more])
    expect(rest).toEqual({ ...CODE, hint: expect.stringMatching(/^start Node without --no-addons/) })
    expect(message).toContain(`${installed.library} cannot be loaded: Cannot load native addon`)
  })

  it('has no build for this system names the systems that it is for', () => {
    const installed = install()
    rmSync(installed.builds, { recursive: true })
    expect(take(installed)).toEqual({
      ...CODE,
      message: `cannot lock ${installed.lock}: the lock library has no build for this system`,
      hint: expect.stringContaining('Linux with glibc'),
    })
  })

  it('is for another C library names the systems that it is for', () => {
    const installed = install()
    const bytes = readFileSync(installed.library).toString('latin1')
    writeFileSync(installed.library, bytes.replaceAll('GLIBC_2', 'GLIBC_9'), 'latin1')
    const { message, ...rest } = take(installed)
    expect(rest).toMatchObject({ ...CODE, hint: expect.stringContaining('Linux with glibc') })
    expect(message).toMatch(/version `GLIBC_9[.\d]*' not found/)
  })

  it.for([
    ['is damaged', 'no library'.repeat(1000), 'invalid ELF header'],
    ['is cut off', '', 'file too short'],
  ] as const)('%s says so', ([, text, cause]) => {
    const installed = install()
    writeFileSync(installed.library, text)
    const { message, ...rest } = take(installed)
    expect(rest).toEqual({ ...CODE, hint: 'install this tool again' })
    expect(message).toContain(`${installed.library} cannot be loaded: ${cause}`)
  })
})
