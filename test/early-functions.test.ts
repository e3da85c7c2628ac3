import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { withEarlyFunctions } from '../scripts/early-functions.mjs'
import { wholeChunk } from '../scripts/whole-chunk.mjs'

const CODE = [
  'const table = make(2);',
  'function make(count) {',
  '\treturn Array.from({ length: count }, (_, index) => index);',
  '}',
  'async function* later() {',
  '\tyield fail;',
  '}',
  'function fail() {',
  '\tthrow new Error("failed");',
  '}',
  'const text = `',
  'function inText() {',
  '}',
  '`;',
  'Object.assign(exports, { table, make, later, fail, text });',
].join('\n')

const CHUNK = wholeChunk(CODE)

/** Returns what the chunk exports. */
function run(chunk: string): Record<string, any> {
  const exports = {}
  runInThisContext(`(function (exports) {${chunk}\n})`)(exports)
  return exports
}

/** Returns where functions of these names begin in the chunk. */
function beginsOf(...names: readonly string[]): ReadonlySet<number> {
  return new Set(names.map((name) => CHUNK.search(new RegExp(`^(?:async )?function\\*? ${name}\\(`, 'm'))))
}

describe('the functions that a status or a doctor calls', () => {
  it('do the same in brackets, and are there for the code that runs first', async () => {
    const early = withEarlyFunctions(CHUNK, beginsOf('make', 'later', 'fail'))
    expect(early.match(/\((?:async )?function/g)).toHaveLength(3)
    const { table, make, later, text, fail } = run(early)
    expect([table, make.name, make.length, text]).toEqual([[0, 1], 'make', 1, run(CHUNK)['text']])
    expect(await later().next()).toEqual({ done: false, value: fail })
  })

  it('keep their names and their lines in a stack trace', () => {
    const { fail } = run(withEarlyFunctions(CHUNK, beginsOf('fail')))
    expect(fail).toThrow(expect.objectContaining({ stack: expect.stringMatching(/at fail \(/) }))
    expect(String(fail)).toBe('function fail() {\n\tthrow new Error("failed");\n}')
  })

  it('are the only ones that change', () => {
    expect(withEarlyFunctions(CHUNK, new Set())).toBe(CHUNK)
    expect(withEarlyFunctions(CHUNK, beginsOf('fail'))).toContain('\nfunction make(count) {\n')
  })

  it('are found in the command as it is built', () => {
    const directory = fileURLToPath(new URL('../packages/spec-kitty/command/', import.meta.url))
    const textOf = (chunk: string): string => {
      const name = readdirSync(directory).find((one) => one.startsWith(`${chunk}-`)) ?? ''
      return readFileSync(`${directory}${name}`, 'utf8')
    }
    const [core, scan] = [textOf('core'), textOf('scan')]
    expect(core).toContain('\nconst viewWork = (async function viewWork(')
    expect(core.match(/^const [\w$]+ = \((?:async )?function/gm)?.length).toBeGreaterThan(200)
    expect(scan.match(/^const [\w$]+ = \((?:async )?function/gm)?.length).toBeGreaterThan(40)
    // A status without a daemon checks no reply.
    expect(core).toMatch(/^(?:async )?function checkReply\(/m)
  })
})
