import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { splitLines } from '../../../packages/familiar/dist/cli/log-lines.js'
import { jsonLines } from '../../../packages/familiar/dist/protocol/startup-pipe.js'
import { readLines } from '../../../packages/spec-kitty/dist/sync/read-lines.js'
import { check, expectEqual, type Check } from './check.js'
import { ANY_BYTES, ANY_TEXT, anyJson } from './inputs.js'

/** Checks that it does not matter how a stream of bytes is cut into pieces. */
export function pieceChecks(): readonly Check[] {
  const pieces = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
  return [
    check(
      'startup pipe: it does not matter where the bytes are cut',
      fc.tuple(fc.array(anyJson(['ready', 'port']), { minLength: 1, maxLength: 3 }), pieces),
      async ([messages, sizes]) => {
        const stream = new PassThrough()
        const lines = jsonLines(stream as unknown as Socket)
        for (const part of cutInto(
          Buffer.from(messages.map((one) => `${JSON.stringify(one)}\n`).join('')),
          sizes,
        ))
          stream.write(part)
        stream.end()
        for (const message of messages)
          expectEqual(await lines.receive(1_000), JSON.parse(JSON.stringify(message)), 'message')
        expectEqual(await lines.receive(1_000), null, 'the end')
      },
    ),
    check(
      'lines of sync publish: it does not matter where the bytes are cut',
      fc.tuple(ANY_BYTES, pieces),
      async ([bytes, sizes]) => {
        const read = async (parts: readonly Uint8Array[]): Promise<unknown> => {
          const found: unknown[] = []
          for await (const lines of readLines(stream(parts), 60)) found.push(...lines)
          return found
        }
        expectEqual(await read(cutInto(bytes, sizes)), await read([bytes]), 'lines')
      },
    ),
    check(
      'lines of a log: it does not matter where the text is cut',
      fc.tuple(ANY_TEXT, pieces),
      ([text, sizes]) => {
        const read = (parts: readonly string[]): string => {
          const splitter = splitLines()
          return [...parts.flatMap((part) => splitter.add(part)), ...splitter.end()]
            .map((one) => one.text)
            .join('\n')
        }
        const parts = cutInto(
          Buffer.from(text, 'utf16le'),
          sizes.map((size) => 2 * size),
        ).map((part) => Buffer.from(part).toString('utf16le'))
        expectEqual(read(parts), read([text]), 'lines')
      },
    ),
  ]
}

async function* stream(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

function cutInto(bytes: Buffer, sizes: readonly number[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}
