import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { jsonLines } from '../../src/protocol/startup-pipe.js'

it('reads a path whose characters arrive in pieces', async () => {
  const stream = new PassThrough()
  const lines = jsonLines(stream as unknown as Socket)
  const bytes = Buffer.from('{"scope":"/home/dev/café 🦡"}\n')
  for (const byte of bytes) stream.write(Buffer.of(byte))
  expect(await lines.receive(1_000)).toEqual({ scope: '/home/dev/café 🦡' })
})
