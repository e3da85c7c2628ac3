import { describe, expect, it } from 'vitest'
import { readLines, withPauses } from '../../src/sync/read-lines.js'

async function* chunksOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function linesOf(maxBytes: number, ...chunks: readonly (string | Uint8Array)[]) {
  const lines = []
  for await (const some of readLines(chunksOf(...chunks), maxBytes)) lines.push(...some)
  return lines
}

const text = (number: number, line: string) => ({ number, text: line })

describe('lines', () => {
  it.each([
    ['one by one', ['a\nb\n'], [text(1, 'a'), text(2, 'b')]],
    ['without an end', ['a\nb'], [text(1, 'a'), text(2, 'b')]],
    ['in pieces', ['a', '', 'b\n', 'c', '\n', '\nd'], [text(1, 'ab'), text(2, 'c'), text(4, 'd')]],
    ['of Windows', ['a\r\n\r\nb\r\n'], [text(1, 'a\r'), text(3, 'b\r')]],
    ['with a byte order mark', ['\ufeffa\n\ufeffb'], [text(1, 'a'), text(2, '\ufeffb')]],
    ['none', [], []],
  ])('are read %s', async (_, chunks, lines) => {
    expect(await linesOf(100, ...chunks)).toEqual(lines)
  })

  it('are cut at bytes, not in characters', async () => {
    const bytes = Buffer.from('\u{1f408}\nü')
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await linesOf(100, ...chunks)).toEqual([text(1, '\u{1f408}'), text(2, 'ü')])
  })

  it('that are too long, or no UTF-8, are named, and the next ones read', async () => {
    const long = 'it is longer than 4 bytes'
    expect(await linesOf(4, 'abcd\nabcde\nab', 'cde', 'f\nx\n', Uint8Array.of(0xff, 0x0a), 'y')).toEqual([
      text(1, 'abcd'),
      { number: 2, why: long },
      { number: 3, why: long },
      text(4, 'x'),
      { number: 5, why: 'it is not UTF-8' },
      text(6, 'y'),
    ])
  })
})

describe('a pause', () => {
  it('is told when nothing has come for a while, once', async () => {
    let go = (): void => undefined
    async function* slow(): AsyncGenerator<number> {
      yield 1
      await new Promise<void>((resolve) => (go = resolve))
      yield 2
    }
    const seen: (number | null)[] = []
    for await (const one of withPauses(slow(), 5)) {
      seen.push(one)
      if (one === null) go()
    }
    // A busy machine may make a pause of its own.
    expect(seen.filter((one) => one !== null)).toEqual([1, 2])
    expect(seen.lastIndexOf(null)).toBeGreaterThan(0)
  })
})
