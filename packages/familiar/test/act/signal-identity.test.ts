import { describe, expect, it } from 'vitest'
import { sendSignal } from '../../src/act/signal.js'
import { makeProof, type ProofFacts } from '../../src/identity/proof.js'
import type { ProcessView } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { testFamily } from '../helpers/family.js'
import { leaveNothing } from '../helpers/leaks.js'
import { hasPendingSignal, watch } from '../helpers/machine.js'
import { changing } from '../helpers/platforms.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold, nobodyIn, startProven } from '../helpers/proven.js'

const noInterruption = (): void => undefined

const ports = portsOf('act/signal-identity')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

leaveNothing(ports)

describe('sendSignal to a pid that was reused after the scan', () => {
  const changes: readonly (readonly [string, (view: ProcessView) => ProcessView])[] = [
    ['another start time', (view) => ({ ...view, startTime: `${view.startTime}0` })],
    ['one argument more', (view) => ({ ...view, command: { args: [...argumentsOf(view), '--more'] } })],
    [
      'the arguments joined to one',
      (view) => ({ ...view, command: { args: [argumentsOf(view).join(' ')] } }),
    ],
    ['another executable', (view) => ({ ...view, executable: '/usr/bin/innocent' })],
    ['other namespaces', (view) => ({ ...view, namespaces: 'pid:[1] mnt:[1]' })],
  ]
  /** As at the end of a process: nothing differs, so it gets time to end, and no signal. */
  const losses: typeof changes = [
    ['an unknown command line', (view) => ({ ...view, command: null })],
    ['an unknown executable', (view) => ({ ...view, executable: null })],
    ['unknown namespaces', (view) => ({ ...view, namespaces: null })],
    ['an unknown start time', (view) => ({ ...view, startTime: null })],
    [
      'all of it unknown, as of a process of which only threads are left',
      (view) => ({ ...view, startTime: null, command: null, executable: null, namespaces: null }),
    ],
  ]
  const both = [
    ...changes.map((one) => [...one, 'identity_changed'] as const),
    ...losses.map((one) => [...one, 'ending'] as const),
    [
      'an unknown command line and another executable',
      (view: ProcessView) => ({ ...view, command: null, executable: '/usr/bin/innocent' }),
      'identity_changed',
    ] as const,
    [
      'an unknown start time and another executable',
      (view: ProcessView) => ({ ...view, startTime: null, executable: '/usr/bin/innocent' }),
      'identity_changed',
    ] as const,
  ]

  it.for(both)('%s: does not signal', async ([, change, result]) => {
    const { daemon, platform, target, isAlive } = await startProven(family, nextPort(), (pid) =>
      changing(real, pid, change),
    )
    await hold(daemon)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      expect(await sendSignal(platform, family, target, signal, noInterruption)).toBe(result)
    }
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
  })

  it('would have signalled without the change', async () => {
    const { daemon, platform, target } = await startProven(family, nextPort(), (pid) =>
      changing(real, pid, (view) => view),
    )
    await hold(daemon)
    expect(await sendSignal(platform, family, target, 'SIGTERM', noInterruption)).toBe('sent')
    expect(hasPendingSignal(daemon.pid)).toBe(true)
  })
})

it('sendSignal does not signal a process that has become another program', async () => {
  const child = startChild('sh', ['-c', 'read -r line; exec sleep 600'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const pid = child.pid ?? 0
  const target = makeProof({ ...nobodyIn(family), pid, ...known(await inspect(pid)) })
  const isAlive = watch(pid)
  child.stdin?.write('go\n')
  await eventually(async () => expect((await inspect(pid))?.command).toEqual({ args: ['sleep', '600'] }))
  expect((await inspect(pid))?.startTime).toBe(target.startTime)
  expect(await sendSignal(real, family, target, 'SIGTERM', noInterruption)).toBe('identity_changed')
  expect(isAlive()).toBe(true)
})

async function inspect(pid: number): Promise<ProcessView | undefined> {
  return (await real.inspect([pid], AbortSignal.timeout(1000))).get(pid)
}

function known(view: ProcessView | undefined): Partial<ProofFacts> {
  if (view?.startTime == null || view.command === null || view.namespaces === null) {
    throw new Error('the process cannot be inspected')
  }
  const { startTime, command, executable, namespaces } = view
  return { startTime, command, executable, namespaces }
}

function argumentsOf(view: ProcessView): readonly string[] {
  return view.command !== null && 'args' in view.command ? view.command.args : []
}
