import { describe, expect, it, type TestContext } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { answerOf } from '../helpers/ask-machine.js'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('observe/resources')
const nextPort = portsIn(ports)

leaveNothing(ports)

const LACK = { code: 'E_RESOURCES' }

/** With so many left, a scan has all that it needs. */
const ENOUGH = 24

/** A root with a recorded daemon, one that is stale, and one of another root, which is read in a child. */
async function startThree() {
  const [root, other] = [makeHome(), makeHome()]
  const live = await spawnPredecessor({ family: 'sync', port: nextPort(), root, record: true })
  const stale = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
  const beyond = await spawnPredecessor({ family: 'sync', port: nextPort(), root: other, record: true })
  const all = [live, stale, beyond].map(({ port, pid }, at) => [port, pid, ['S5', 'S16', 'S10'][at]])
  return { root, live, all }
}

describe('too few descriptors say nothing about others', () => {
  it('in a scan, however many are left', async (context) => {
    needCommand(context, 'prlimit', ['--nofile=64:64'])
    const { root, all } = await startThree()
    const told = answerOf(
      ['prlimit', '--nofile=64:64'],
      'lack',
      root,
      ports.from,
      ports.to,
      ENOUGH,
    ) as unknown[]
    const [first, ...lacking] = told.map((answer) => JSON.stringify(answer))
    expect(first).toBe(JSON.stringify(all))
    figure(
      `a scan with 0 to ${ENOUGH} descriptors: E_RESOURCES up to ${lacking.lastIndexOf(JSON.stringify(LACK))}`,
    )
    expect(lacking.filter((answer) => answer !== JSON.stringify(LACK) && answer !== first)).toEqual([])
    expect([lacking[0], lacking.at(-1)]).toEqual([JSON.stringify(LACK), first])
  })

  it.for([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'and a tool that could not be started with %i left costs none of them',
    (left) => {
      expect(answerOf([], 'lost', 'tool', left)).toBe(0)
    },
  )
})

describe('what the system says when a process is read', () => {
  /** What starts a process for which each read of this file fails with this errno. */
  function failing(context: TestContext, path: string, errno: string): readonly string[] {
    const prefix = [
      'strace',
      '-qq',
      '-o',
      '/dev/null',
      '-P',
      path,
      '-e',
      'trace=openat',
      '-e',
      `inject=openat:error=${errno}`,
    ]
    needCommand(context, 'strace', ['-o', '/dev/null', '-e', 'inject=openat:error=EPERM', '-P', '/nothing'])
    return prefix
  }

  it.for(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ENOBUFS'])(
    '%s is our own lack: an error, and no word about the process',
    async (errno, context) => {
      const { pid } = await spawnPredecessor({ family: 'sync', port: nextPort(), root: makeHome() })
      expect(answerOf(failing(context, `/proc/${pid}/stat`, errno), 'inspect', pid)).toEqual(LACK)
    },
  )

  it.for(['status', 'cmdline'])('a lack is one also when %s is read', async (name, context) => {
    const { pid } = await spawnPredecessor({ family: 'sync', port: nextPort(), root: makeHome() })
    expect(answerOf(failing(context, `/proc/${pid}/${name}`, 'EMFILE'), 'inspect', pid)).toEqual(LACK)
  })

  it.for(['EACCES', 'EPERM', 'EIO'])(
    '%s leaves a process that is there and not known',
    async (errno, context) => {
      const { pid } = await spawnPredecessor({ family: 'sync', port: nextPort(), root: makeHome() })
      expect(answerOf(failing(context, `/proc/${pid}/stat`, errno), 'inspect', pid)).toMatchObject([
        { pid, startTime: null, command: null, namespaces: null },
      ])
    },
  )

  it.for(['ENOENT', 'ESRCH'])('%s, and nothing else, is gone', async (errno, context) => {
    const { pid } = await spawnPredecessor({ family: 'sync', port: nextPort(), root: makeHome() })
    expect(answerOf(failing(context, `/proc/${pid}/stat`, errno), 'inspect', pid)).toEqual([])
  })

  it.for(['/proc/net/tcp', '/proc/locks'])('a lack at %s is not an empty list', async (path, context) => {
    const { root } = await startThree()
    const prefix = failing(context, path, 'EMFILE')
    if (path === '/proc/locks') {
      const lock = `${root}/sync-daemon`
      expect(answerOf(prefix, 'holder', lock)).toEqual(LACK)
    } else expect(answerOf(prefix, 'scan', root, ports.from, ports.to)).toEqual(LACK)
  })
})

/** A daemon lives for weeks, and its record has what it read of its machine at its start. */
describe('what never changes is kept only once it was read', () => {
  /** Starts a process whose first calls with this path fail. */
  function failingAtFirst(
    context: TestContext,
    call: string,
    path: string,
    times: number,
  ): readonly string[] {
    needCommand(context, 'strace', ['-o', '/dev/null', '-e', 'inject=openat:error=EPERM', '-P', '/nothing'])
    const inject = `inject=${call}:error=EACCES:when=1..${times}`
    return ['strace', '-qq', '-o', '/dev/null', '-P', path, '-e', `trace=${call}`, '-e', inject]
  }

  it.for([
    ['pidNamespace', 'readlink', '/proc/self/ns/pid', 2],
    ['bootId', 'openat', '/proc/sys/kernel/random/boot_id', 2],
    ['hostId', 'openat', '/etc/machine-id', 2],
    ['namespaces', 'readlink', '/proc/self/ns/time', 3],
  ] as const)('the %s', ([fact, call, path, all], context) => {
    const hosts = (times: number): readonly unknown[] => {
      const prefix = times === 0 ? [] : failingAtFirst(context, call, path, times)
      return (answerOf(prefix, 'hosts') as readonly Record<string, unknown>[]).map((host) => host[fact])
    }
    const [known] = hosts(0)
    expect(hosts(1)).toEqual([known, known])
    const [failed, then] = hosts(all)
    expect(failed).not.toBe(known)
    // Start times are told with the boot: what stands for it must not change while a process runs.
    expect(then).toBe(fact === 'bootId' ? failed : known)
  })
})
