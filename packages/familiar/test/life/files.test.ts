import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leaveNoDaemons, recordIn, starterOf, startDaemonIn, stopIn } from '../helpers/daemons.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { withoutReader } from '../helpers/without-reader.js'

const ports = portsOf('life/files')

leaveNoDaemons(ports)

/** Returns every path below a directory, and itself, with its permissions. */
function modesIn(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))
  return Object.fromEntries(
    [root, ...names].map((path) => [relative(root, path), (lstatSync(path).mode & 0o777).toString(8)]),
  )
}

const MADE = {
  daemons: '700',
  'daemons/sync': '700',
  'daemons/sync/.gitignore': '600',
  'daemons/sync/daemon.lock': '600',
  'daemons/sync/daemon.log': '600',
  'daemons/sync/lifecycle.lock': '600',
  'daemons/sync/record.json': '600',
}

describe('what a start makes is closed to others', () => {
  it.for(['0', '022', '077'])('with umask %s', (umask) => {
    const root = join(makeHome(), 'root')
    const script = `umask ${umask}; exec "$0" "$@"`
    const said = execFileSync('sh', ['-c', script, process.execPath, ...starterOf(root, ports)])
    expect(JSON.parse(String(said))).toMatchObject({ started: 'first_start' })
    expect(modesIn(root)).toEqual({ '': '700', ...MADE })
  })

  it('in a root that was open before, and stays so', async () => {
    const root = join(makeHome(), 'root')
    mkdirSync(root)
    chmodSync(root, 0o755)
    await startDaemonIn(root, ports)
    expect(modesIn(root)).toEqual({ '': '755', ...MADE })
  })

  it('also once the daemon has left', async () => {
    const root = join(makeHome(), 'root')
    await startDaemonIn(root, ports)
    await stopIn(root, ports)
    expect(modesIn(root)).toEqual({ '': '700', ...MADE })
  })
})

describe('a home that was copied while its daemon ran', () => {
  async function copy() {
    const home = makeHome()
    const [root, copied] = [join(home, 'root'), join(home, 'copied')]
    const daemon = await startDaemonIn(root, ports)
    execFileSync('cp', ['-a', root, copied])
    expect(recordIn(copied)).toEqual(daemon.record)
    return { daemon, root, copied }
  }

  it('gets a daemon of its own', async () => {
    const { daemon, root, copied } = await copy()
    const own = await startDaemonIn(copied, ports)
    expect([own.started, own.pid === daemon.pid, own.port === daemon.port]).toEqual([
      'first_start',
      false,
      false,
    ])
    expect([daemonsOf(root), daemonsOf(copied)]).toEqual([[daemon.pid], [own.pid]])
    expect([recordIn(root), recordIn(copied).scope]).toEqual([daemon.record, copied])
    const [again, other] = [await startDaemonIn(copied, ports), await startDaemonIn(root, ports)]
    expect([again.pid, other.pid]).toEqual([own.pid, daemon.pid])
  })

  it('has nothing to stop before that, and changes nothing', async () => {
    const { daemon, root, copied } = await copy()
    const before = treeOf(copied)
    expect(await stopIn(copied, ports)).toEqual({ outcome: 'none' })
    expect([daemon.isAlive(), recordIn(root), treeOf(copied)]).toEqual([true, daemon.record, before])
  })

  it('has nothing to stop where the other home cannot be read in time, either', async () => {
    const { daemon, root, copied } = await copy()
    const result = await withoutReader(() => stopIn(copied, ports))
    expect([result, daemon.isAlive(), recordIn(root)]).toEqual([{ outcome: 'none' }, true, daemon.record])
  })

  it('stops its own daemon only', async () => {
    const { daemon, root, copied } = await copy()
    const own = await startDaemonIn(copied, ports)
    expect(await stopIn(copied, ports)).toMatchObject({
      outcome: 'stopped',
      pid: own.pid,
      path: 'http_shutdown',
    })
    expect([own.isAlive(), daemon.isAlive(), recordIn(root)]).toEqual([false, true, daemon.record])
    expect(await stopIn(copied, ports)).toEqual({ outcome: 'none' })
    expect(await stopIn(root, ports)).toMatchObject({ outcome: 'stopped', pid: daemon.pid })
  })
})
