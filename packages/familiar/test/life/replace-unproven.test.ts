import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { startChild } from '../helpers/children.js'
import {
  commandOf,
  leaveNoDaemons,
  recordIn,
  recordPath,
  startDaemonIn,
  starterOf,
  UNHURRIED,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome, treeOf, newRoot } from '../helpers/homes.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { hasPendingSignal, watch } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf, startTimeOf } from '../helpers/processes.js'
import { connectAs, failAs, installed, startsIn } from '../helpers/replacing.js'
import { needCommand, needRoot, NOBODY } from '../helpers/skip.js'

const ports = portsOf('life/replace-unproven')
const lockOf = (root: string): string => daemonFamily(ports).files(root).daemonLock

const OLD = { ...installed('1.0.0'), timing: UNHURRIED }
const NEW = installed('2.0.0')
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const

leaveNoDaemons(ports)

/** Starts a daemon of the older version by hand, with a command in front, and waits until its record is written. */
async function startByHand(root: string, command: string, args: readonly string[]): Promise<() => boolean> {
  startChild(command, [...args, process.execPath, ...commandOf(root, ports, OLD)], { stdio: 'ignore' })
  await eventually(() => expect(recordIn(root).state).toBe('running'))
  // Its log follows its record: from then on it writes nothing by itself.
  await eventually(() => expect(existsSync(join(root, 'daemons/sync/daemon.log'))).toBe(true))
  const [pid = 0] = daemonsOf(root)
  return watch(pid)
}

function needSetpriv(context: TestContext): void {
  needRoot(context)
  needCommand(context, 'setpriv', AS_NOBODY)
}

describe('an older daemon that is recorded and holds the lock, no matter what the text in the lock file says', () => {
  it.for(['a process that lives', 'a daemon of another root', 'no process'] as const)(
    'which names %s, is replaced: the process that it names is left alone',
    async (named) => {
      const [root, other] = [newRoot(), newRoot()]
      const old = await startDaemonIn(root, ports, OLD)
      const holder = named === 'a daemon of another root' ? await startDaemonIn(other, ports, OLD) : null
      const { pid } = holder ?? (await spawnHostile('sleep', 0))
      const isNamedAlive = watch(pid)
      writeFileSync(
        lockOf(root),
        named === 'no process' ? '' : JSON.stringify({ pid, birth: startTimeOf(pid) }),
      )
      expect((await connectAs(root, ports, NEW)).replaced).toMatchObject({ packageVersion: '1.0.0' })
      expect([old.isAlive(), isNamedAlive(), hasPendingSignal(pid)]).toEqual([false, true, false])
      await stopAll()
    },
  )
})

describe('an older daemon that is recorded and does not hold the lock', () => {
  it('is not replaced, and no process is signalled, where another process holds it', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    // With the lock file goes the lock: a daemon sees that on its next tick, which is a minute away.
    rmSync(lockOf(root))
    const holder = startLockProcess(lockOf(root))
    expect(await holder.ask('acquire 0')).toMatchObject({ held: true })
    const isHolderAlive = watch(holder.pid)
    const { error } = await failAs(root, ports, NEW)
    expect(error).toMatchObject({
      code: 'E_DAEMON_NOT_REPLACED',
      message: expect.stringMatching(
        new RegExp(`process ${old.pid}, port ${old.port}, version 1\\.0\\.0\\).*not proven: daemon_lock$`),
      ),
      hint: 'stop',
    })
    const pids = [old.pid, holder.pid]
    expect([old.isAlive(), isHolderAlive(), ...pids.map(hasPendingSignal)]).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect([recordIn(root), startsIn(root).length]).toEqual([old.record, 1])
  })
})

describe('an older daemon that runs as another user', () => {
  it('is left alone where the root is theirs, and nothing is written', async (context) => {
    needSetpriv(context)
    const root = makeHome()
    chownSync(root, NOBODY, NOBODY)
    const isAlive = await startByHand(root, 'setpriv', AS_NOBODY)
    const before = treeOf(root)
    const { error } = await failAs(root, ports, NEW)
    expect(error).toMatchObject({ code: 'E_SCOPE_FOREIGN_OWNER' })
    expect([isAlive(), treeOf(root)]).toEqual([true, before])
  })

  it('whose installation they may not read stays', async (context) => {
    needSetpriv(context)
    const [root, closed] = [makeHome(), makeHome()]
    chownSync(root, NOBODY, NOBODY)
    chmodSync(closed, 0o700)
    const options = installed('1.0.0', { home: join(closed, 'it') })
    const said = []
    for (let count = 0; count < 2; count++) {
      const starter = startChild('setpriv', [
        ...AS_NOBODY,
        process.execPath,
        ...starterOf(root, ports, options),
      ])
      said.push(JSON.parse(await textOf(starter)))
    }
    const { pid } = recordIn(root)
    expect(said).toMatchObject([
      { pid, started: 'first_start' },
      { pid, started: null },
    ])
  })
})

describe('an older daemon of another root', () => {
  it.for(['as it was', 'with this root written into it'] as const)(
    'that a copied record names, %s, is left alone, and this root gets its own',
    async (how) => {
      const home = makeHome()
      const [root, copied] = [join(home, 'root'), join(home, 'copied')]
      const old = await startDaemonIn(root, ports, OLD)
      execFileSync('cp', ['-a', root, copied])
      if (how !== 'as it was') {
        writeFileSync(recordPath(copied), JSON.stringify({ ...old.record, scope: copied }))
      }
      const own = await connectAs(copied, ports, NEW)
      expect(own).toMatchObject({
        replaced: null,
        relation: 'same',
        record: { packageVersion: '2.0.0', scope: copied },
      })
      expect([old.isAlive(), recordIn(root)]).toEqual([true, old.record])
      expect([daemonsOf(root), daemonsOf(copied)]).toEqual([[old.pid], [own.record.pid]])
    },
  )
})

describe('an older daemon in a pid namespace of its own', () => {
  const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const

  it('is used and judged only where it runs, and that is said', async (context) => {
    needCommand(context, 'unshare', unshare)
    const root = newRoot()
    mkdirSync(dirname(root), { recursive: true })
    const isAlive = await startByHand(root, 'unshare', [...unshare, 'sh', '-c', '"$@" & wait', 'sh'])
    const record = recordIn(root)
    const { error } = await failAs(root, ports, NEW)
    expect(error).toMatchObject({
      code: 'E_DAEMON_ELSEWHERE',
      message: expect.stringContaining(`port ${record.port}) runs elsewhere`),
      hint: expect.stringMatching(/^use it where it runs/),
    })
    expect([isAlive(), recordIn(root), startsIn(root).length]).toEqual([true, record, 1])
  })
})
