import type { Io } from 'familiar/cli'
import { expect, it } from 'vitest'
import { drainPrinter } from '../../../src/sync/daemon/print-drain.js'

it.each([
  [0, false],
  [3, true],
])('with %d events to send, that a bar is shown is %s', async (queued, isShown) => {
  const shown: string[] = []
  const io = {
    env: {},
    rewriteLine: (text: string) => void shown.push(text),
    out: () => undefined,
    err: () => undefined,
    flushed: async () => undefined,
    errorColumns: 80,
  } as unknown as Io
  const print = drainPrinter(io, false, async () => null)
  print.line({ event: 'started', queued })
  await print.end({ event: 'finished', sent: 0, kept: queued, held: 0, rejected: 0, reason: null }, null)
  print.close()
  expect(shown.some((text) => text.startsWith('['))).toBe(isShown)
})
