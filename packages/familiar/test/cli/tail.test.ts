import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { timeOf } from '../../src/cli/log-entry.js'
import { openTail, type Tail } from '../../src/cli/tail.js'
import { followLog } from '../../src/cli/follow-log.js'

let directory = ''
let log = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'familiar-tail-'))
  log = join(directory, 'daemon.log')
})

afterEach(() => rmSync(directory, { recursive: true }))

const START_MS = Date.parse('2026-11-26T00:00:00Z')
const entry = (second: number, more = ''): string =>
  JSON.stringify({ at: new Date(START_MS + second * 1000).toISOString(), event: `e${second}`, more })

async function opened(text: string): Promise<Tail> {
  writeFileSync(log, text)
  const tail = await openTail(log)
  if (tail === null) throw new Error('no log')
  return tail
}

/** Returns what is shown from a second on, and how many bytes of lines were looked at. */
async function since(text: string, second: number) {
  const tail = await opened(text)
  let looked = 0
  const isFirst = await tail.seekFirst((line) => {
    looked += line.length
    const time = timeOf(line)
    return time === null ? null : time.getTime() >= START_MS + second * 1000
  })
  let rest = ''
  for await (const piece of tail.read()) rest += piece
  await tail.close()
  return { rest, isFirst, looked }
}

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

describe('the part of a long log since a time', () => {
  const PADDING = 'x'.repeat(900)
  const entries = Array.from({ length: 4000 }, (_, second) => entry(second, PADDING))
  const text = linesOf(entries)

  it.each([-5, 0, 1, 255, 256, 2000, 3743, 3998, 3999, 4000])(
    'begins at the first entry of second %i',
    async (second) => {
      const { rest, isFirst } = await since(text, second)
      expect(rest).toBe(linesOf(entries.slice(Math.max(0, second))))
      expect(isFirst).toBe(second <= 0)
    },
  )

  it('is found by reading little of it', async () => {
    expect((await since(text, 3900)).looked).toBeLessThan(text.length / 4)
  })

  it('begins with the first time, where the clock was set back', async () => {
    const both = [...entries.slice(0, 3000), ...entries.slice(1000)]
    expect((await since(linesOf(both), 2000)).rest).toBe(linesOf(both.slice(2000)))
  })

  it('is found between lines that are no entries', async () => {
    const trace = '    at somewhere (file.js:1:1)\n'.repeat(20_000)
    const mixed = linesOf(entries.slice(0, 1500)) + trace + linesOf(entries.slice(1500))
    for (const second of [1499, 1500, 1501, 3000]) {
      const expected =
        second === 1499
          ? `${entries[1499]}\n${trace}${linesOf(entries.slice(1500))}`
          : linesOf(entries.slice(second))
      expect((await since(mixed, second)).rest).toBe(expected)
    }
  })

  it('is found around a line that is longer than what is read at once', async () => {
    const long = 'y'.repeat(700_000)
    const mixed = `${linesOf(entries.slice(0, 1000))}${long}\n${linesOf(entries.slice(1000))}`
    expect((await since(mixed, 1000)).rest).toBe(linesOf(entries.slice(1000)))
    expect((await since(mixed, 999)).rest).toBe(`${entries[999]}\n${long}\n${linesOf(entries.slice(1000))}`)
  })

  it('is all of a log without a time, and nothing of an older one', async () => {
    expect((await since('one\ntwo\n', 0)).isFirst).toBe(true)
    expect(await since(text, 5000)).toMatchObject({ rest: '', isFirst: false })
  })
})

describe('a log that is followed', () => {
  /** Follows until a line is `end`, and calls `act` once the first line was shown. */
  async function follow(act: () => void): Promise<string> {
    let shown = ''
    const tail = await openTail(log)
    for await (const piece of followLog(log, tail, () => shown.includes('end\n'))) {
      if (shown === '') act()
      shown += piece ?? ''
    }
    return shown
  }

  function rotate(): void {
    for (const [from, to] of [
      [`${log}.1`, `${log}.2`],
      [log, `${log}.1`],
    ] as const) {
      try {
        renameSync(from, to)
      } catch {
        // It was not there yet.
      }
    }
  }

  it.each([1, 2, 3])(
    'loses nothing over %i rotations at once that its files still hold',
    async (rotations) => {
      writeFileSync(log, 'first\n')
      const shown = await follow(() => {
        appendFileSync(log, 'more\n')
        for (let one = 1; one <= rotations; one++) {
          rotate()
          writeFileSync(log, `file ${one}\n`)
        }
        appendFileSync(log, 'end\n')
      })
      const files = Array.from({ length: rotations }, (_, index) => `file ${index + 1}\n`).join('')
      expect(shown).toBe(`first\nmore\n${files}end\n`)
    },
  )

  it('loses nothing when its content is moved to a copy', async () => {
    writeFileSync(`${log}.1`, 'older\n'.repeat(9))
    writeFileSync(log, 'first\n')
    const shown = await follow(() => {
      appendFileSync(log, 'more\n')
      renameSync(`${log}.1`, `${log}.2`)
      copyFileSync(log, `${log}.1`)
      writeFileSync(log, 'end\n')
    })
    expect(shown).toBe('first\nmore\nend\n')
  })

  it('does not show an older file after the log was cut by hand', async () => {
    writeFileSync(`${log}.1`, 'older\n'.repeat(9))
    utimesSync(`${log}.1`, 1_700_000_000, 1_700_000_000)
    writeFileSync(log, 'first\n')
    expect(await follow(() => writeFileSync(log, 'end\n'))).toBe('first\nend\n')
  })

  it('does not show older files again after the log was deleted', async () => {
    writeFileSync(`${log}.1`, 'older\n')
    utimesSync(`${log}.1`, 1_700_000_000, 1_700_000_000)
    writeFileSync(log, 'first\n')
    const shown = await follow(() => {
      rmSync(log)
      writeFileSync(log, 'end\n')
    })
    expect(shown).toBe('first\nend\n')
  })
})
