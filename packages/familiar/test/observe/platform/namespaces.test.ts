import { createInterface } from 'node:readline'
import { describe, expect, it, type TestContext } from 'vitest'
import type { ProcessView } from '../../../src/identity/machine.js'
import { selectPlatform } from '../../../src/observe/platform/select.js'
import { answerOf } from '../../helpers/ask-machine.js'
import { startChild } from '../../helpers/children.js'
import { makeHome } from '../../helpers/homes.js'
import { leaveNothing } from '../../helpers/leaks.js'
import { childrenOf } from '../../helpers/machine.js'
import { startTimeOf } from '../../helpers/processes.js'
import { needCommand, needRoot } from '../../helpers/skip.js'

leaveNothing()

const platform = await selectPlatform()
const host = await platform.host()

/** Starts a process with this prefix, and returns what a scan sees of it. */
async function viewOf(
  context: TestContext,
  prefix: readonly string[],
  command = SLEEPER,
): Promise<ProcessView> {
  needCommand(context, prefix[0] ?? '', prefix.slice(1))
  const [first = '', ...args] = [...prefix, ...command]
  const child = startChild(first, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('a process without stdout')
  for await (const line of createInterface({ input: child.stdout })) if (line === 'ready') break
  const pid = childrenOf(child.pid ?? 0)[0] ?? child.pid ?? 0
  const view = (await platform.inspect([pid], AbortSignal.timeout(20_000))).get(pid)
  if (view === undefined) throw new Error(`process ${pid} is gone`)
  return view
}

const SLEEPER: readonly string[] = ['sh', '-c', 'echo ready; exec sleep 600']
const FORK = ['--fork', '--kill-child'] as const

describe('a process', () => {
  it('of this very place has our namespaces', async (context) => {
    const view = await viewOf(context, ['env'])
    expect(view).toMatchObject({ namespaces: host.namespaces, networkNamespace: host.networkNamespace })
    expect(view.startTime).toBe(startTimeOf(view.pid))
  })

  it('of another host name or message queue has our namespaces: that changes nothing for us', async (context) => {
    const view = await viewOf(context, ['unshare', '--uts', '--ipc'])
    expect(view.namespaces).toBe(host.namespaces)
  })

  it.for([
    ['pid', ['--pid', ...FORK]],
    ['mount', ['--mount']],
    ['user', ['--user']],
  ] as const)('of another %s namespace has others, and its start time', async ([, options], context) => {
    const view = await viewOf(context, ['unshare', ...options])
    expect(view.namespaces).toEqual(expect.stringMatching(/^pid:/))
    expect(view.namespaces).not.toBe(host.namespaces)
    expect(view.networkNamespace).toBe(host.networkNamespace)
    expect(view.startTime).toBe(startTimeOf(view.pid))
  })

  it('of another time namespace has others, and no start time that could be compared', async (context) => {
    const view = await viewOf(context, ['unshare', '--time', '--boottime', '100000', ...FORK])
    expect(view.namespaces).not.toBe(host.namespaces)
    expect(view.startTime).toBeNull()
  })

  it('of another network has our namespaces, and another network', async (context) => {
    const view = await viewOf(context, ['unshare', '--net'])
    expect(view.namespaces).toBe(host.namespaces)
    expect(view.networkNamespace).toEqual(expect.stringMatching(/^net:/))
    expect(view.networkNamespace).not.toBe(host.networkNamespace)
  })

  it('in another root directory has others, although it shares every namespace with us', async (context) => {
    needRoot(context)
    needCommand(context, 'python3', ['-c', 'import os, sys; os.execvp(sys.argv[1], sys.argv[1:])'])
    const script = 'import os, sys, time; os.chroot(sys.argv[1]); print("ready", flush=True); time.sleep(600)'
    const view = await viewOf(context, ['env'], ['python3', '-c', script, makeHome()])
    expect(view.namespaces).not.toBe(host.namespaces)
    expect(view.namespaces?.replace(/ root:.*/, '')).toBe(host.namespaces.replace(/ root:.*/, ''))
  })
})

describe('a scan from', () => {
  interface Host {
    readonly namespaces: string
    readonly networkNamespace: string
  }

  it.for([
    ['another mount namespace', ['--mount']],
    ['another user namespace', ['--user', '--map-root-user']],
    ['another time namespace', ['--time', '--boottime', '100000', '--fork']],
  ] as const)('%s never takes our processes for those of its own place', ([, options], context) => {
    const prefix = ['unshare', ...options]
    needCommand(context, 'unshare', options)
    const inside = answerOf(prefix, 'host') as Host
    expect(inside.namespaces).not.toBe(host.namespaces)
    const [seen] = answerOf(prefix, 'inspect', process.pid) as readonly ProcessView[]
    expect(seen?.pid).toBe(process.pid)
    expect([host.namespaces, null]).toContain(seen?.namespaces)
  })

  it('another time namespace gets no start time of ours', (context) => {
    const prefix = ['unshare', '--time', '--boottime', '100000', '--fork']
    needCommand(context, 'unshare', prefix.slice(1))
    expect(answerOf(prefix, 'inspect', process.pid)).toMatchObject([{ startTime: null }])
  })

  it('another network learns that ours is another one', (context) => {
    const prefix = ['unshare', '--net']
    needCommand(context, 'unshare', ['--net'])
    const inside = answerOf(prefix, 'host') as Host
    expect(inside.namespaces).toBe(host.namespaces)
    expect(inside.networkNamespace).not.toBe(host.networkNamespace)
    expect(answerOf(prefix, 'inspect', process.pid)).toMatchObject([
      { networkNamespace: host.networkNamespace },
    ])
  })

  it('another pid namespace does not see us at all', (context) => {
    const prefix = ['unshare', '--pid', '--fork', '--mount-proc']
    needCommand(context, 'unshare', prefix.slice(1))
    expect(answerOf(prefix, 'inspect', 4_000_000)).toEqual([])
  })
})
