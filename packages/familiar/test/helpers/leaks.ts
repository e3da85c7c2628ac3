import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import type { PortRange } from '../../src/identity/machine.js'
import { killChildren } from './children.js'
import { removeHomes } from './homes.js'
import { childrenOf, listenersOn, openLockFiles } from './machine.js'

/** A killed process takes a moment to end, and the child in which foreign scopes are read is not waited for. */
const LET_GO_MS = 60_000

/**
 * Ends what a test has started after each test, or with `file` when all have run, and fails the file when something is still left: a listener
 * in its range, a child process, a lock. Fails it at the start when its range is not free.
 */
export function leaveNothing(
  ports: PortRange = { from: 0, to: 0 },
  endsAfter: 'test' | 'file' = 'test',
): void {
  let before: readonly number[] = []

  beforeAll(() => {
    before = childrenOf(process.pid)
    expect(listenersOn(ports.from, ports.to), 'the ports of this file are not free').toEqual([])
  })

  const end = () => Promise.all([stopAll(), killChildren()])

  afterEach(async () => {
    if (endsAfter === 'test') await end()
  })

  afterAll(async () => {
    try {
      await end()
      await vi.waitFor(() => expect(leftBehind(ports, before)).toEqual([]), {
        timeout: LET_GO_MS,
        interval: 50,
      })
    } finally {
      removeHomes()
    }
  })
}

function leftBehind(ports: PortRange, before: readonly number[]): readonly string[] {
  return [
    ...listenersOn(ports.from, ports.to).map(({ port }) => `a listener on port ${port}`),
    ...childrenOf(process.pid)
      .filter((pid) => !before.includes(pid))
      .map((pid) => `the child process ${pid}`),
    ...openLockFiles().map((path) => `the lock ${path}`),
  ]
}
