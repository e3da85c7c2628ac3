import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peekText } from '../../../../scripts/peek-text.mjs'
import { PEEK_TEXT as BUILT_TEXT } from '../../dist/observe/peek-text.js'
import { PEEK_TEXT } from '../../src/observe/peek-text.js'
import { REPLY, requestFor, type ScopeReply, type ScopesQuestion } from '../../src/observe/read-records.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'

leaveNothing()

const family = daemonFamily({ from: 0, to: 0 })
const LOCKS = createRequire(import.meta.url).resolve('fs-native-extensions')

/** Prints at the end what the process has loaded beside Node itself, and the part of Node that takes longest. */
const SPY = `
  process.on('exit', () => {
    const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8')
    const native = [...new Set(maps.match(/\\/.*\\.node$/gm))]
    const own = process.moduleLoadList.filter((name) => name === 'NativeModule crypto')
    require('node:fs').writeSync(2, JSON.stringify([...Object.keys(require.cache), ...native, ...own]))
  })`

/** Runs the text as the reader does, and returns its only reply (after an empty line) and the files that it has loaded. */
function ask(question: ScopesQuestion) {
  const spy = join(makeHome(), 'spy.cjs')
  writeFileSync(spy, SPY)
  const { stdout, stderr } = spawnSync(process.execPath, ['--require', spy, '-e', PEEK_TEXT], {
    input: JSON.stringify(question),
    encoding: 'utf8',
    cwd: '/',
    env: {},
  })
  const { view } = JSON.parse(stdout.trim().slice(REPLY.length)) as ScopeReply
  return { view, loaded: (JSON.parse(stderr) as readonly string[]).filter((file) => file !== spy) }
}

/** A scope whose lock a process holds that is named in the file, as a daemon is. */
async function lockedScope() {
  const scope = makeHome()
  const { daemonLock } = family.files(scope)
  mkdirSync(dirname(daemonLock), { recursive: true })
  const holder = startLockProcess(daemonLock)
  await holder.ask('acquire 0')
  writeFileSync(daemonLock, JSON.stringify({ pid: holder.pid, birth: 'boot/1' }))
  return { scope, pid: holder.pid }
}

describe('the program of the child', () => {
  it('is what a build makes of its source now (if not: npm run build)', async () => {
    const fresh = await peekText()
    expect(PEEK_TEXT).toBe(fresh)
    expect(BUILT_TEXT).toBe(fresh)
  })

  it('is one line of ASCII, short enough for a command line of Windows', () => {
    expect(PEEK_TEXT).toMatch(/^[ -~]+$/)
    const quoted = PEEK_TEXT.replaceAll(/["\\]/g, '\\$&')
    expect(quoted.length).toBeLessThan(32_767 - 4_096)
  })

  it('loads nothing where the kernel names the holder of a lock', async () => {
    const { scope, pid } = await lockedScope()
    const { view, loaded } = ask({ scopes: [requestFor(family, scope)], pids: [pid], nativeLocks: null })
    expect(view).toMatchObject({ real: scope, lockHolder: { pid } })
    expect(loaded).toEqual([])
  })

  it('loads the lock library from the file that it is given elsewhere, and tries the lock', async () => {
    const { scope, pid } = await lockedScope()
    const free = makeHome()
    const { daemonLock } = family.files(free)
    mkdirSync(dirname(daemonLock), { recursive: true })
    writeFileSync(daemonLock, '')
    const [held, other] = [scope, free].map((one) =>
      ask({ scopes: [requestFor(family, one)], pids: [], nativeLocks: LOCKS }),
    )
    expect(held?.view).toMatchObject({ real: scope, lockHolder: { pid, isTold: true } })
    expect(held?.loaded).toContain(LOCKS)
    expect(other?.view).toMatchObject({ real: free, lockHolder: null })
  })

  it('does not know who holds a lock where the lock library is not there', async () => {
    const { scope } = await lockedScope()
    expect(existsSync('/fs-native-extensions')).toBe(false)
    const { view } = ask({
      scopes: [requestFor(family, scope)],
      pids: [],
      nativeLocks: 'fs-native-extensions',
    })
    expect(view).toMatchObject({ real: scope, lockHolder: 'unknown' })
  })
})
