import { afterEach, describe, expect, it, vi } from 'vitest'
import { awaitStart, startLimit, startWork } from '../../src/daemon/start-work.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const TOOLS = { log: { write: () => undefined }, isScopeHere: () => true }

/** The work of a daemon, and how to let it start. */
function begin(limitMs: number | null) {
  const { promise, resolve, reject } = withResolvers()
  const leaving = new AbortController()
  const start = startWork({ start: () => promise }, TOOLS)
  let outcome: unknown = 'none yet'
  const awaited = awaitStart(start, leaving.signal, limitMs).then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  )
  return { start, resolve, reject, leaving, awaited, outcome: () => outcome }
}

function withResolvers() {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined]
  const promise = new Promise<void>((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}

const DAY_MS = 86_400_000

describe('work that takes long to start', () => {
  it('has no limit where none is given', async () => {
    vi.useFakeTimers()
    const { resolve, awaited, outcome, start } = begin(null)
    await vi.advanceTimersByTimeAsync(DAY_MS)
    expect([outcome(), start.state()]).toEqual(['none yet', 'starting'])
    resolve()
    expect([await awaited, start.state()]).toEqual(['started', 'started'])
  })

  it('is given up after the limit', async () => {
    vi.useFakeTimers()
    const { outcome } = begin(13_700)
    await vi.advanceTimersByTimeAsync(13_699)
    expect(outcome()).toBe('none yet')
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome()).toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: 'its work (`work.start`) has not started within 14 s',
    })
  })

  it('is not waited for when the daemon leaves, and leaves no timer behind', async () => {
    vi.useFakeTimers()
    const { leaving, awaited, reject, start } = begin(13_700)
    leaving.abort()
    expect([await awaited, vi.getTimerCount()]).toEqual(['leaving', 0])
    reject(new Error('too late'))
    await expect(start.done).rejects.toThrow('too late')
    expect(start.state()).toBe('failed')
  })
})

it('work without a start has started', async () => {
  const start = startWork({}, TOOLS)
  expect(start.state()).toBe('started')
  expect(await awaitStart(start, new AbortController().signal, 1)).toBe('started')
})

it('work that throws at once has failed', async () => {
  const thrown = new Error('broken')
  const work = {
    start: () => {
      throw thrown
    },
  }
  await expect(awaitStart(startWork(work, TOOLS), new AbortController().signal, null)).rejects.toBe(thrown)
})

describe('the limit of a start', () => {
  it.each([
    ['ends a second before the starter gives up', 15_000, 0.4, 13_600],
    ['ends a tenth before, if the starter has little time', 2_000, 0.3, 1_500],
    ['is a second at least', 2_000, 5, 1_000],
  ])('%s', (_, readyMs, uptime, limitMs) => {
    vi.spyOn(process, 'uptime').mockReturnValue(uptime)
    expect(startLimit(readyMs)).toBe(limitMs)
  })

  it('is that of the usual start if the starter does not say', () => {
    vi.spyOn(process, 'uptime').mockReturnValue(0)
    expect(startLimit()).toBe(14_000)
  })
})
