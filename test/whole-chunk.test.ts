import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction, Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../packages/familiar/test/helpers/random.js'
import { wholeChunk } from '../scripts/whole-chunk.mjs'

const CODE = [
  'const other = require("./other-x1.js");',
  'function first(text) { return `${text} ${other.name}`; }',
  'exports.first = first;',
  'exports.later = async () => (await Promise.resolve().then(() => require("./later-x2.js"))).name;',
  '// a comment at the end',
].join('\n')

/** As Node compiles a file of CommonJS. */
function compiles(text: string): boolean {
  try {
    compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname'])
    return true
  } catch {
    return false
  }
}

function run(text: string, files: Readonly<Record<string, object>>): Record<string, any> {
  const exports = {}
  const program = new Script(`(function (exports, require) {${text}\n})`).runInThisContext()
  program(exports, (path: string) => files[path])
  return exports
}

describe('a file of the bundle', () => {
  it('does the same, and says that it is whole', async () => {
    const others = {
      './other-x1.js': { isWhole: true, name: 'other' },
      './later-x2.js': { isWhole: true, name: 'later' },
    }
    const { isWhole, first, later } = run(wholeChunk(CODE), others)
    expect([isWhole, first('from'), await later()]).toEqual([true, 'from other', 'later'])
  })

  it('does not compile without its end, at whichever byte it was cut', () => {
    const text = wholeChunk(CODE)
    const whole = text.lastIndexOf(']') + 1
    const cuts = Array.from({ length: whole - 1 }, (_, index) => index + 1)
    expect(cuts.filter((at) => compiles(text.slice(0, at)))).toEqual([])
    expect(compiles(text.slice(0, whole))).toBe(true)
  })

  it('has no name of its own twice', () => {
    expect(() => wholeChunk('{ exports.isWhole = 1 }')).toThrow('taken')
  })
})

describe('the command as it is built', () => {
  const COMMAND = fileURLToPath(new URL('../packages/spec-kitty/command/', import.meta.url))
  const chunks = readdirSync(COMMAND).filter((name) => name.endsWith('.js'))

  it('has no file of which a beginning compiles', () => {
    const random = randomFrom(chunks.length)
    const pick = (places: readonly number[]): number => places[Math.floor(random() * places.length)] ?? 1
    for (const name of chunks) {
      const text = readFileSync(join(COMMAND, name), 'utf8')
      const whole = text.lastIndexOf(']') + 1
      // In the middle, near both ends, and after a statement, where a beginning compiles most often.
      const lines = [...text.matchAll(/;\n/g)].map(({ index }) => index + 1)
      const cuts = [1, 2, whole - 1, whole >> 1, pick(lines), pick(lines), lines.at(-2) ?? 1]
      expect([name, cuts.filter((at) => at < whole && compiles(text.slice(0, at)))]).toEqual([name, []])
      expect([name, compiles(text)]).toEqual([name, true])
    }
  })
})
