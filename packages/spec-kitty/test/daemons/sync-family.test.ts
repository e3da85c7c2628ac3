import { describe, expect, it } from 'vitest'
import { matchShapes } from '../../../familiar/src/identity/spawn-shape.js'
import { syncFamily } from '../helpers/families.js'
import { ownerDetails, syncDetails } from '../../src/daemons/health-details.js'
import {
  NAMED_SYNC,
  OWN_SYNC_ARGS,
  OWN_SYNC_REPLY,
  PYTHON,
  ROOT,
  SYNC,
  syncArgs,
  UNNAMED_SYNC,
} from './predecessors.js'

const { shapes, readSelfReport } = syncFamily
const TOKEN = '2db385d7f70d16bb8ae30a051bcdc7fa'
const OWN = { implementation: 'own', marker: ROOT, port: null, token: null }

describe('the command line of a sync daemon', () => {
  it.each(SYNC)('of $version', ({ args, port, token }) => {
    const expected = { implementation: 'predecessor', marker: ROOT, port, token }
    expect(matchShapes(shapes, { args })).toEqual(expected)
    expect(matchShapes(shapes, { text: args.join(' ') })).toEqual(expected)
  })

  it('of a version that set no marker', () => {
    const args = syncArgs(9400, TOKEN, null)
    const expected = { implementation: 'predecessor', marker: null, port: 9400, token: TOKEN }
    expect(matchShapes(shapes, { args })).toEqual(expected)
    expect(matchShapes(shapes, { text: args.join(' ') })).toEqual(expected)
  })

  it('whose script is the call alone', () => {
    const args = [PYTHON, '-c', `run_sync_daemon(9400, '${TOKEN}')`]
    expect(matchShapes(shapes, { args })).toMatchObject({ marker: null, port: 9400, token: TOKEN })
  })

  it('of ours', () => {
    expect(matchShapes(shapes, { args: OWN_SYNC_ARGS })).toEqual(OWN)
    expect(matchShapes(shapes, { text: OWN_SYNC_ARGS.join(' ') })).toEqual(OWN)
  })

  it.each([
    ['node', '/x/spec-kitty-daemon.js', '/x'],
    ['node', 'spec-kitty-daemon.js', '/x'],
    ['C:\\Program Files\\nodejs\\node.exe', 'C:\\tools\\spec-kitty-daemon.js', 'C:\\Users\\dev\\.spec-kitty'],
    ['/Users/dev/Library/Application Support/node', '/Users/dev/my tools/spec-kitty-daemon.js', '/Users/d v'],
  ])('of ours as %s %s in %s', (node, entry, root) => {
    const args = [node, entry, 'sync', `--spec-kitty-daemon-root=${root}`]
    expect(matchShapes(shapes, { args })).toEqual({ ...OWN, marker: root })
    expect(matchShapes(shapes, { text: args.join(' ') })).toEqual({ ...OWN, marker: root })
  })

  it('of ours without a marker names no root', () => {
    expect(matchShapes(shapes, { args: OWN_SYNC_ARGS.slice(0, 3) })).toEqual({ ...OWN, marker: null })
  })

  it.each<readonly [string, readonly string[]]>([
    ['the CLI itself', ['node', '/opt/spec-kitty/bin/spec-kitty.js', 'sync', 'status']],
    ['an editor', ['vim', '/opt/spec-kitty/bin/spec-kitty-daemon.js']],
    ['the entry as another daemon', ['node', '/x/spec-kitty-daemon.js', 'sync-all']],
    ['a shell that prints the call', ['bash', '-c', `echo run_sync_daemon(9400, '${TOKEN}')`]],
    ['a script that goes on', [PYTHON, '-c', `run_sync_daemon(9400, '${TOKEN}')\nprint(1)\n`]],
    ['a script that only imports', [PYTHON, '-c', 'from specify_cli.sync.daemon import run_sync_daemon\n']],
    ['a script in a file', [PYTHON, '/tmp/run_sync_daemon.py', '--spec-kitty-daemon-root=/x']],
  ])('is not that of %s', (_, args) => {
    expect(matchShapes(shapes, { args })).toBeNull()
    expect(matchShapes(shapes, { text: args.join(' ') })).toBeNull()
  })
})

describe('the health reply of a sync daemon', () => {
  const [unnamed] = UNNAMED_SYNC

  it.each(NAMED_SYNC)(
    'of $version states its own pid, port and root',
    ({ reply, pid, port, token, version }) => {
      expect(readSelfReport(reply)).toMatchObject({
        protocolVersion: 1,
        packageVersion: version,
        scope: ROOT,
        directory: null,
        statesScope: true,
        verifiedBy: 'own_pid',
        pid,
        port,
        token,
        executable: '/usr/bin/python3.11',
        details: { owner: { queue_db_path: `${ROOT}/queue.db` }, sync: { consecutive_failures: 0 } },
      })
      expect(JSON.stringify(readSelfReport(reply)?.details)).not.toContain(token)
    },
  )

  it.each(UNNAMED_SYNC)('of $version: the owner block is ignored altogether', ({ reply, token, version }) => {
    const expected = {
      protocolVersion: 1,
      packageVersion: version,
      scope: null,
      statesScope: false,
      verifiedBy: 'command_line',
      pid: null,
      port: null,
      token,
      installation: null,
      executable: null,
      details: {},
    }
    expect(readSelfReport(reply)).toEqual(expected)
    const { owner: _, ...withoutOwner } = reply
    expect(readSelfReport(withoutOwner)).toEqual(readSelfReport(reply))
    expect(readSelfReport({ ...reply, owner: { pid: 1, port: 'x' } })).toEqual(readSelfReport(reply))
  })

  it('of ours', () => {
    expect(readSelfReport(OWN_SYNC_REPLY)).toEqual({
      protocolVersion: 2,
      packageVersion: '4.0.0',
      scope: ROOT,
      directory: null,
      statesScope: true,
      verifiedBy: 'own_pid',
      pid: 4711,
      port: 9400,
      token: null,
      executable: '/usr/bin/node',
      installation: '/opt/spec-kitty',
      details: { sync: OWN_SYNC_REPLY.sync, owner: OWN_SYNC_REPLY.owner },
    })
    const details = readSelfReport(OWN_SYNC_REPLY)?.details ?? null
    expect(ownerDetails(details)).toEqual({
      server_url: 'https://sync.example.com',
      auth_scope: 'team:kittens',
      queue_db_path: `${ROOT}/daemons/sync/queue.db`,
    })
    expect(syncDetails(details)).toEqual({
      last_sync: '2026-11-21T09:40:00Z',
      consecutive_failures: 2,
    })
  })

  it('still is one when the owner block is missing or torn: then it is tied to nothing', () => {
    for (const owner of [undefined, null, [], 'owner', { pid: '4711', port: 0 }, { pid: 0, port: 65536 }]) {
      expect(readSelfReport({ ...OWN_SYNC_REPLY, owner })).toMatchObject({ pid: null, port: null })
    }
  })

  it('still is one without its scope, which it owes', () => {
    for (const scope of [undefined, null, '', 7]) {
      const reply = { ...OWN_SYNC_REPLY, singleton_scope_id: scope }
      expect(readSelfReport(reply)).toMatchObject({ scope: null, statesScope: true })
    }
  })

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ok'],
    ['a list', [OWN_SYNC_REPLY]],
    ['an empty object', {}],
    ['another program', { status: 'ok' }],
    ['another program with a version', { status: 'ok', version: '1.0.0', sync: {} }],
  ])('is not %s', (_, body) => {
    expect(readSelfReport(body)).toBeNull()
  })

  it.each<readonly [string, readonly unknown[]]>([
    ['status', ['starting', 'OK', null, undefined, true]],
    ['protocol_version', [null, undefined, '1', -1, 1.5]],
    ['package_version', [null, undefined, '', 3.2]],
    ['daemon_family', [null, '', 'Sync', 'dashboard', 7, ['sync'], {}]],
  ])('is none with a wrong %s', (key, values) => {
    for (const value of values) {
      expect(readSelfReport({ ...OWN_SYNC_REPLY, [key]: value })).toBeNull()
      expect(readSelfReport({ ...unnamed?.reply, [key]: value })).toBeNull()
    }
  })

  it.each([
    ['token', [null, undefined, '', 7]],
    ['sync', [null, undefined, 'running', []]],
    ['project_path', ['/home/dev/projects/proj000', null]],
  ])('up to 3.2.3 is none with a wrong %s', (key, values) => {
    for (const value of values) expect(readSelfReport({ ...unnamed?.reply, [key]: value })).toBeNull()
  })
})

describe('the files of a root', () => {
  it('are where every version looks for them', () => {
    expect(syncFamily.files('/r')).toMatchObject({
      record: '/r/daemons/sync/record.json',
      predecessorRecords: ['/r/sync-daemon'],
      sharedOwner: '/r/sync/daemon/owner.json',
      lifecycleLock: '/r/daemons/sync/lifecycle.lock',
      daemonLock: '/r/daemons/sync/daemon.lock',
    })
  })
})
