import { isUtf8 } from 'node:buffer'

/** One line of NDJSON. Lines are counted from 1. */
export type Line =
  | { readonly number: number; readonly text: string }
  /** The line is too long or is not UTF-8. */
  | { readonly number: number; readonly why: string }

const NEWLINE = 0x0a

/**
 * Splits a stream of bytes into lines. The last line need not end with a line feed, and empty lines are omitted. Yields
 * together all lines that a chunk completes. A line longer than `maxBytes` is reported as bad, and only its beginning is
 * kept in memory.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly Line[]> {
  const current = openLine(maxBytes)
  for await (const chunk of input) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      current.add(chunk.subarray(start, end))
      lines.push(...current.end())
      start = end + 1
    }
    current.add(chunk.subarray(start))
    yield lines
  }
  yield current.end()
}

/** Collects the parts of a line until the line ends. */
function openLine(maxBytes: number): { add(part: Uint8Array): void; end(): readonly Line[] } {
  let number = 0
  let parts: Uint8Array[] = []
  let bytes = 0
  return {
    add: (part) => {
      bytes += part.length
      if (bytes <= maxBytes) parts.push(part)
    },
    end: () => {
      number += 1
      const line = bytes > maxBytes ? tooLong(number, maxBytes) : toLine(number, Buffer.concat(parts))
      parts = []
      bytes = 0
      return 'text' in line && line.text.trim() === '' ? [] : [line]
    },
  }
}

function tooLong(number: number, maxBytes: number): Line {
  return { number, why: `it is longer than ${maxBytes} bytes` }
}

/** Decodes a line. Invalid UTF-8 makes it a bad line, because it would otherwise silently become other characters. */
function toLine(number: number, bytes: Buffer): Line {
  if (!isUtf8(bytes)) return { number, why: 'it is not UTF-8' }
  const text = bytes.toString('utf8')
  return { number, text: number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text }
}

/**
 * Yields the items of the input, and null whenever nothing has arrived for this long. A null tells the caller to process
 * what has arrived.
 */
export async function* withPauses<T>(input: AsyncIterable<T>, quietMs: number): AsyncGenerator<T | null> {
  const iterator = input[Symbol.asyncIterator]()
  try {
    for (let next = iterator.next(); ; next = iterator.next()) {
      if (await isLate(next, quietMs)) yield null
      const result = await next
      if (result.done === true) return
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}

async function isLate(next: Promise<unknown>, quietMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), quietMs)
  })
  try {
    return (await Promise.race([next, late])) === true
  } finally {
    clearTimeout(timer)
  }
}
