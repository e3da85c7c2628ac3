import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { leaveNothing } from '../helpers/leaks.js'
import { makeHome } from '../helpers/homes.js'
import { UNSHARE } from '../helpers/mount-namespace.js'
import { portsOf } from '../helpers/ports.js'
import { needCommand, needRoot, NOBODY } from '../helpers/skip.js'

/** Where no daemon can be had: `tryConnect` says `skipped` and why, `connect` throws, and nothing is started. */
const ports = portsOf('life/none-here')

leaveNothing(ports)

const SCRIPT = fileURLToPath(new URL('../fixtures/tool/try-connect.mjs', import.meta.url))

type Environment = Readonly<Record<string, string>>

/** What a program of the tool says, run by Node with these options, by way of another command if one is given. */
function tryIn(env: Environment, nodeOptions: readonly string[] = [], by: readonly string[] = []) {
  const words = [...by, process.execPath, ...nodeOptions, SCRIPT]
  const { stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', TOOL_PORTS: `${ports.from}-${ports.to}`, ...env },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as { outcome: string; reason: string | null; thrown: string | null }
}

function expectSkipped(said: ReturnType<typeof tryIn>, code: string, reason: RegExp): void {
  expect(said).toEqual({ outcome: 'skipped', reason: expect.stringMatching(reason), thrown: code })
}

/** A home with the directory of the tool's state in it. */
function homeWithState(): { readonly home: string; readonly state: string } {
  const home = makeHome()
  const state = join(home, 'tool')
  mkdirSync(state)
  return { home, state }
}

describe('no daemon can be had', () => {
  it('where the state directory is read-only', (context) => {
    needCommand(context, ...UNSHARE)
    const { home, state } = homeWithState()
    const [unshare, options] = UNSHARE
    const mount = `mount --bind ${home} ${home} && mount -o remount,ro,bind ${home} && exec "$@"`
    const by = [unshare, ...options, 'sh', '-c', mount, 'sh']
    expectSkipped(
      tryIn({ XDG_STATE_HOME: home }, [], by),
      'E_SCOPE_UNUSABLE',
      /lifecycle\.lock: its file system is read-only \(EROFS\)$/,
    )
    expect(readdirSync(state)).toEqual([])
  })

  it('where a file is in the place of the state directory', () => {
    const home = makeHome()
    writeFileSync(join(home, 'tool'), '')
    expectSkipped(tryIn({ XDG_STATE_HOME: home }), 'E_SCOPE_UNUSABLE', /tool/)
  })

  it('where the state directory belongs to another user', (context) => {
    needRoot(context)
    const { home, state } = homeWithState()
    chownSync(state, NOBODY, NOBODY)
    expectSkipped(
      tryIn({ XDG_STATE_HOME: home }),
      'E_SCOPE_FOREIGN_OWNER',
      /belongs to (?:nobody|another user|user 65534), you are /,
    )
    expect(readdirSync(state)).toEqual([])
  })

  it('where the place of the locks is a link', () => {
    const { home, state } = homeWithState()
    mkdirSync(join(home, 'elsewhere'))
    symlinkSync(join(home, 'elsewhere'), join(state, '.tool-daemon'))
    const env = { XDG_STATE_HOME: home, TOOL_SCOPE: state }
    expectSkipped(tryIn(env), 'E_SCOPE_UNUSABLE', /leads through a link/)
  })

  it('where the lock library cannot be loaded', () => {
    const said = tryIn({ XDG_STATE_HOME: makeHome() }, ['--no-addons'])
    expectSkipped(said, 'E_LOCK_UNAVAILABLE', /the lock library/)
  })

  it('outside of a project', () => {
    const said = tryIn({ XDG_STATE_HOME: makeHome(), TOOL_SCOPE: 'project' })
    expectSkipped(said, 'E_SCOPE_UNUSABLE', /is not in a project/)
  })
})

it('a mistake of the author, and a daemon that does not start, are thrown by both', () => {
  const home = makeHome()
  const env = {
    PATH: process.env['PATH'] ?? '',
    TOOL_PORTS: `${ports.from}-${ports.to}`,
    XDG_STATE_HOME: home,
  }
  for (const entry of ['./wrong-files.mjs', './tool.mjs']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], {
      env: { ...env, TOOL_ENTRY: entry },
      encoding: 'utf8',
    })
    const code = entry === './tool.mjs' ? 'E_DAEMON_START_FAILED' : 'E_DAEMON_UNRECOGNISABLE'
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(code)])
  }
})
