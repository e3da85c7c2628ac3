import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assertMayBegin, noteEnding, noteStart, watchEndings, type Ending } from '../../src/act/endings.js'
import { watchInterruption } from '../../src/cli/interruption.js'
import { FamiliarError } from '../../src/errors.js'

/** Ctrl+C with a clock, looks and an end of the process that the test has in its hands. */
beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 10, 28, 12, 0, 0) }))
afterEach(() => void vi.useRealTimers())

/** More than the time in which a second SIGINT belongs to the first Ctrl+C. */
const A_HAND_MS = 250

const INTERRUPTED = expect.objectContaining({ code: 'E_INTERRUPTED' })

interface Options {
  readonly own?: string | null
  readonly isPurpose?: boolean | null
}

function started({ own = null, isPurpose = true, ...more }: Options = {}) {
  const [said, exits, errors]: [string[], number[], FamiliarError[]] = [[], [], []]
  const interruption = watchInterruption({
    io: { program: 'acme', err: (text) => void said.push(text) },
    ...more,
    done: () => own,
    exit: (code) => void exits.push(code),
    report: (error) => void errors.push(error),
  })
  if (isPurpose !== null) interruption.mayEnd('acme doctor', isPurpose)
  return { ...interruption, said, exits, errors }
}

function ending(pid: number, more: Partial<Ending> = {}) {
  const looks = { count: 0 }
  const look = async () => {
    looks.count++
    return more.look?.() ?? ('running' as const)
  }
  return { looks, ...noteEnding({ pid, port: 9000 + pid, stopCommand: null, ...more, look }) }
}

const messageOf = ([error]: readonly FamiliarError[]) =>
  error === undefined ? [] : [error.message, ...error.details, error.hint]

const passed = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('Ctrl+C while nothing is under way', () => {
  it('says that a command that ends processes has ended none', async () => {
    const { interrupt, errors, exits } = started()
    interrupt()
    await passed(0)
    expect([messageOf(errors), exits]).toEqual([
      ['interrupted; nothing was ended', 'to see what is left: acme doctor'],
      [130],
    ])
  })

  it('keeps the words of a command that has its own, also after it has replaced a daemon', async () => {
    for (const isGone of [false, true]) {
      const { interrupt, said, errors, exits } = started({ own: '3 were sent', isPurpose: false })
      const replaced = ending(1)
      if (isGone) replaced.tell(1_000, 2_000)
      replaced.over(true)
      interrupt()
      expect([said, errors, exits]).toEqual([['acme: interrupted; 3 were sent\n'], [], [130]])
    }
  })

  it('names the daemon that may still be there rather than that', async () => {
    const { interrupt, said, errors, exits } = started({ own: '3 were sent', isPurpose: false })
    const replaced = ending(1)
    replaced.tell(1_000, 2_000)
    replaced.over(false)
    interrupt()
    await passed(0)
    expect([said, exits]).toEqual([[], [130]])
    expect(messageOf(errors)).toEqual([
      'interrupted; ended: 0; told to end, but still there: 1',
      'told to end, but still there: process 1 (port 9001)',
      'to see what is left: acme doctor',
    ])
  })

  it('says so of a command that ends processes only if it must, and has no words of its own', () => {
    const { interrupt, said, exits } = started({ isPurpose: false })
    interrupt()
    expect([said, exits]).toEqual([['acme: interrupted; to see what was done: acme doctor\n'], [130]])
  })

  it('says no more of a command that only looks', () => {
    const { interrupt, said, exits } = started({ isPurpose: null })
    interrupt()
    expect([said, exits]).toEqual([['acme: interrupted\n'], [130]])
  })

  it('does not look again at what is known to be gone, and counts no unknown as there', async () => {
    const { interrupt, errors, exits } = started()
    const [gone, silent, failing] = [
      ending(1),
      ending(2, { look: () => new Promise(() => undefined) }),
      ending(3, { look: () => Promise.reject(new Error('no answer')) }),
    ]
    for (const one of [gone, silent, failing]) one.tell(1_000, 2_000)
    gone.over(true)
    silent.over(false)
    failing.over(false)
    interrupt()
    await passed(499)
    expect(exits).toEqual([])
    await passed(1)
    expect([gone.looks.count, silent.looks.count, exits]).toEqual([0, 1, [130]])
    expect(messageOf(errors)).toEqual([
      'interrupted; ended: 1; told to end, and may still be there: 2',
      'ended: process 1 (port 9001)',
      'told to end, and may still be there: process 2 (port 9002), process 3 (port 9003)',
      'to see what is left: acme doctor',
    ])
  })
})

describe('Ctrl+C while a process that was told to end is under way', () => {
  const waits = (until: string) => [
    `acme: interrupted: waiting for the end of what was told to end, until ${until} at most, and ending nothing else; press Ctrl+C again to leave at once\n`,
  ]

  it('waits as long as the longest of those that are under way may take, and says so', async () => {
    const { interrupt, isFinishing, said, errors, exits } = started()
    const [gone, quick, slow] = [ending(1), ending(2), ending(3)]
    gone.tell(1_000, 90_000)
    gone.over(true)
    quick.tell(1_000, 7_000)
    slow.tell(11_000, 20_000)
    await passed(500)
    interrupt()
    expect([said, isFinishing()]).toEqual([waits('12:00:20'), true])
    await passed(19_499)
    expect([errors, exits]).toEqual([[], []])
    await passed(1)
    expect(exits).toEqual([130])
    expect(messageOf(errors)[0]).toBe('interrupted; ended: 1; told to end, but still there: 2')
  })

  it('lets it be told again, and no other process', async () => {
    const { interrupt, exits } = started()
    const [told, untold] = [ending(1), ending(2)]
    for (const { assertMayTell } of [told, untold]) assertMayTell()
    told.tell(1_000, 2_000)
    interrupt()
    told.assertMayTell()
    expect(untold.assertMayTell).toThrow(INTERRUPTED)
    expect(assertMayBegin).toThrow(INTERRUPTED)
    await passed(A_HAND_MS)
    interrupt()
    expect(told.assertMayTell).toThrow(INTERRUPTED)
    await passed(0)
    expect(exits).toEqual([130])
  })

  it('is one Ctrl+C with the SIGINT that npm passes on, the first and the second time', async () => {
    const { interrupt, said, errors, exits } = started()
    ending(1).tell(1_000, 9_000)
    interrupt()
    await passed(5)
    interrupt()
    await passed(A_HAND_MS)
    expect([said, exits]).toEqual([waits('12:00:09'), []])
    interrupt()
    interrupt()
    expect(exits).toEqual([])
    await passed(0)
    expect([errors.length, exits]).toEqual([1, [130]])
  })

  it('leaves without a message if Ctrl+C comes while that is looked up', async () => {
    const { interrupt, exits } = started()
    ending(1, { look: () => new Promise(() => undefined) }).tell(1_000, 9_000)
    for (const count of [0, 0, 1]) {
      interrupt()
      expect(exits.length).toBe(count)
      await passed(A_HAND_MS)
    }
  })

  it('says of one that has closed its port whether it may still take its time, and what ends it', async () => {
    const { interrupt, errors } = started()
    const look = async () => 'hidden' as const
    ending(1, { look, stopCommand: 'acme stop' }).tell(6_000, 15_000)
    ending(2, { look }).tell(1_000, 15_000)
    interrupt()
    await passed(1_500)
    interrupt()
    await passed(0)
    expect(messageOf(errors)).toEqual([
      'interrupted; ended: 0; told to end, but still there: 2',
      'told to end: process 1 has closed port 9001, and is still ending, which may take until 12:00:06; if it stays: acme stop',
      expect.stringMatching(
        /^told to end: process 2 has closed port 9002, and hangs; no later look at the ports finds it; if it stays: `ps .*` shows it, `kill -9 2` ends it$/,
      ),
      'to see what is left: acme doctor',
    ])
  })
})

describe('Ctrl+C while a daemon is being started', () => {
  it('leaves when its process is gone, and not before, however often it is pressed', async () => {
    const { interrupt, said, exits } = started({ isPurpose: false })
    const [first, second] = [noteStart(), noteStart()]
    for (let pressed = 0; pressed < 3; pressed++) {
      interrupt()
      await passed(A_HAND_MS)
    }
    expect([first.signal.reason, second.signal.aborted]).toEqual([INTERRUPTED, true])
    first.over()
    await passed(0)
    expect([said, exits]).toEqual([[], []])
    second.over()
    await passed(0)
    expect([said, exits]).toEqual([['acme: interrupted; to see what was done: acme doctor\n'], [130]])
  })

  it('lets its own child be ended, and no other process', () => {
    const { interrupt } = started()
    const { over } = noteStart()
    interrupt()
    const child = { pid: 1, port: null, stopCommand: null, look: async () => 'running' as const }
    noteEnding(child, true).assertMayTell()
    expect(ending(2).assertMayTell).toThrow(INTERRUPTED)
    expect(assertMayBegin).toThrow(INTERRUPTED)
    over()
  })

  it('waits for a process under way, too, and aborts the start at the first press', async () => {
    const { interrupt, exits } = started()
    ending(1).tell(1_000, 9_000)
    const start = noteStart()
    interrupt()
    expect(start.signal.aborted).toBe(true)
    start.over()
    await passed(A_HAND_MS)
    expect(exits).toEqual([])
  })

  it('leaves at once if the daemon is adopted', () => {
    const { interrupt, exits } = started({ isPurpose: false })
    const { signal, over } = noteStart()
    over()
    interrupt()
    expect([signal.aborted, exits]).toEqual([false, [130]])
  })

  it('is told from a signal that ends the process, which is handled only meanwhile', async () => {
    const told: boolean[] = []
    const exits: number[] = []
    const interruption = watchInterruption({
      io: { program: 'acme', err: () => undefined },
      done: () => null,
      exit: (code) => void exits.push(code),
      report: () => undefined,
      onStarting: (isStarting) => void told.push(isStarting),
    })
    const [first, second] = [noteStart(), noteStart()]
    first.over()
    expect(told).toEqual([true])
    interruption.leave(143)
    const settled = vi.fn<() => void>()
    void interruption.settled().then(settled)
    await passed(0)
    expect([second.signal.aborted, exits]).toEqual([true, []])
    second.over()
    await passed(0)
    expect([told, exits, settled.mock.calls]).toEqual([[true, false], [143], []])
  })
})

describe('what the command throws after Ctrl+C', () => {
  it('is explained if Ctrl+C was the cause', async () => {
    const { interrupt, explain, settled } = started()
    const told = ending(1)
    told.tell(1_000, 9_000)
    interrupt()
    told.over(true)
    const other = new Error('other')
    expect(await explain(other)).toBe(other)
    const thrown = new FamiliarError('E_INTERRUPTED', 'interrupted')
    const explained = (await explain(thrown)) as FamiliarError
    expect(messageOf([explained])).toEqual([
      'interrupted; ended: 1',
      'ended: process 1 (port 9001)',
      'to see what is left: acme doctor',
    ])
    await settled()
  })

  it('is not reported beside the message with which Ctrl+C ends the process', async () => {
    const { interrupt, explain, settled, errors } = started()
    const told = ending(1)
    told.tell(1_000, 9_000)
    told.over(false)
    interrupt()
    const more: unknown[] = []
    void explain(new FamiliarError('E_INTERRUPTED', 'interrupted')).then((one) => more.push(one))
    void settled().then(() => more.push('settled'))
    await passed(1_000)
    expect([errors.length, more]).toEqual([1, []])
  })
})

describe('the notes about what is ended', () => {
  it('are kept only while a command line watches', () => {
    const watch = watchEndings()
    const [before, during] = [ending(1), ending(2)]
    before.tell(1_000, 2_000)
    void watch.leave()
    watch.stop()
    const after = ending(3)
    after.assertMayTell()
    after.tell(1_000, 2_000)
    during.tell(1_000, 2_000)
    assertMayBegin()
    expect(watch.all().map(({ pid }) => pid)).toEqual([1, 2])
  })

  it('are not kept any more once the interrupt is released', () => {
    const { interrupt, stop, errors, exits, said } = started()
    stop()
    ending(1).tell(1_000, 2_000)
    interrupt()
    expect([said, errors, exits]).toEqual([[], [], []])
  })
})
