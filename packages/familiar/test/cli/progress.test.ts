import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { boundText } from '../../src/clock.js'
import { showingCleanUp } from '../../src/cli/clean-up-progress.js'
import { showingWaits, startProgress } from '../../src/cli/progress.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function screen(isTerminal: boolean) {
  const lines: string[] = []
  return {
    lines,
    io: {
      err: (text: string) => void lines.push(text),
      rewriteLine: isTerminal ? (text: string) => void lines.push(`\r${text}`) : null,
    },
  }
}

describe('a wait', () => {
  it('on a terminal is one line that is written again each second, and is gone at the end', async () => {
    const { lines, io } = screen(true)
    const progress = startProgress(io)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(lines).toEqual([])
    progress.wait('waiting for a, until 12:00:30')
    await vi.advanceTimersByTimeAsync(2_000)
    progress.wait(() => 'waiting for b')
    await vi.advanceTimersByTimeAsync(1_000)
    progress.stop()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(lines).toEqual([
      '\rwaiting for a (2 s), until 12:00:30',
      '\rwaiting for a (3 s), until 12:00:30',
      '\rwaiting for b (4 s)',
      '\r',
    ])
  })

  it('with a bound says the seconds that are left of it', async () => {
    const { lines, io } = screen(true)
    const progress = startProgress(io)
    await vi.advanceTimersByTimeAsync(500)
    progress.wait(`waiting for a, ${boundText(6_000)}`)
    await vi.advanceTimersByTimeAsync(3_600)
    progress.stop()
    expect(lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^\rwaiting for a \(1 s\), 6 s at most$/),
      expect.stringMatching(/^\rwaiting for a \(2 s\), 5 s at most$/),
      expect.stringMatching(/^\rwaiting for a \(3 s\), 4 s at most$/),
    ])
    expect([boundText(-5), boundText(1_200)]).toEqual(['1 s at most', '2 s at most'])
  })

  it('in a pipe is a line, and another one every ten seconds at most, however often it changes', async () => {
    const { lines, io } = screen(false)
    const progress = startProgress(io)
    const said: number[] = []
    for (let second = 0; second < 60; second++) {
      progress.wait(`waiting for ${60 - second} processes`)
      await vi.advanceTimersByTimeAsync(1_000)
      if (lines.length > said.length) said.push(second)
    }
    progress.stop()
    expect(lines[0]).toMatch(/^waiting for \d+ processes\n$/)
    for (const [index, second] of said.entries())
      expect(second - (said[index - 1] ?? -10)).toBeGreaterThanOrEqual(10)
    expect(said.length).toBeGreaterThan(4)
  })

  it('in a pipe is told once, however long it takes', async () => {
    const { lines, io } = screen(false)
    const progress = startProgress(io)
    progress.wait('waiting for the server, until 12:00:30')
    await vi.advanceTimersByTimeAsync(30_000)
    progress.stop()
    expect(lines).toEqual(['waiting for the server, until 12:00:30\n'])
  })

  it('that is over at once is not told', async () => {
    for (const isTerminal of [true, false]) {
      const { lines, io } = screen(isTerminal)
      const done = showingWaits(io, async (onWait) => {
        onWait('waiting for the lock')
        await new Promise((resolve) => setTimeout(resolve, 900))
        return 7
      })
      await vi.advanceTimersByTimeAsync(900)
      expect(await done).toBe(7)
      expect(lines.filter((line) => line !== '\r')).toEqual([])
    }
  })

  it('keeps what is no wait as a line of its own, and leaves the terminal clean after a failure', async () => {
    const { lines, io } = screen(true)
    const failed = showingWaits(io, async (onWait) => {
      onWait('a daemon of an earlier version runs here too; it is left alone')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(lines).toEqual(['a daemon of an earlier version runs here too; it is left alone\n', '\r'])
  })
})

describe('a clean-up', () => {
  it('has the bound of the ending only from when it begins, however long the lock and the scan took', async () => {
    const { lines, io } = screen(true)
    const done = showingCleanUp(io, async ({ onProgress, onWait }) => {
      onWait?.('waiting for the lock, 30 s at most')
      await vi.advanceTimersByTimeAsync(8_000)
      onProgress?.(0, 2)
      await vi.advanceTimersByTimeAsync(2_000)
      onProgress?.(1, 2)
      await vi.advanceTimersByTimeAsync(1_000)
      onProgress?.(2, 2)
      await vi.advanceTimersByTimeAsync(1_000)
    })
    await done
    expect(lines.slice(8)).toEqual([
      '\rwaiting for 2 processes to end (9 s), 6 s at most',
      '\rwaiting for 2 processes to end (10 s), 5 s at most',
      '\rwaiting for 1 of 2 processes to end (11 s), 4 s at most',
      '\rwaiting for a last look at the ports (12 s)',
      '\r',
    ])
  })

  it('says no bound before that', async () => {
    const { lines, io } = screen(true)
    await showingCleanUp(io, async () => void (await vi.advanceTimersByTimeAsync(2_000)))
    expect(lines).toEqual([expect.stringMatching(/^\rwaiting for \D+ \(1 s\)$/), expect.anything(), '\r'])
  })
})
