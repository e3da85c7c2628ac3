import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { runCovered, withEarlyFunctions } from '../scripts/early-functions.mjs'
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

/** Returns where functions of these names begin and end in the chunk. */
function placesOf(...names: readonly string[]): ReadonlyMap<number, number> {
  return new Map(
    names.map((name) => {
      const at = CHUNK.search(new RegExp(`^(?:async )?function\\*? ${name}\\(`, 'm'))
      return [at, CHUNK.indexOf('\n}\n', at) + 2]
    }),
  )
}

describe('the functions that a status or a doctor calls', () => {
  it('do the same in brackets, and are there for the code that runs first', async () => {
    const early = withEarlyFunctions(CHUNK, placesOf('make', 'later', 'fail'))
    expect(early.match(/\((?:async )?function/g)).toHaveLength(3)
    const { table, make, later, text, fail } = run(early)
    expect([table, make.name, make.length, text]).toEqual([[0, 1], 'make', 1, run(CHUNK)['text']])
    expect(await later().next()).toEqual({ done: false, value: fail })
  })

  it('keep their names and their lines in a stack trace', () => {
    const { fail } = run(withEarlyFunctions(CHUNK, placesOf('fail')))
    expect(fail).toThrow(expect.objectContaining({ stack: expect.stringMatching(/at fail \(/) }))
    expect(String(fail)).toBe('function fail() {\n\tthrow new Error("failed");\n}')
  })

  it('are the only ones that change', () => {
    expect(withEarlyFunctions(CHUNK, new Map())).toBe(CHUNK)
    expect(withEarlyFunctions(CHUNK, placesOf('fail'))).toContain('\nfunction make(count) {\n')
  })

  it('stay whole where a line in them looks like their end', () => {
    const code = 'function script() {\n\treturn `\nf() {\n}\n`;\n}\nexports.script = script;\n'
    const chunk = `exports.isWhole = true;\n${code}`
    const [begin, end] = [chunk.indexOf('function'), chunk.indexOf('exports.script') - 1]
    expect(withEarlyFunctions(chunk, new Map([[begin, end]]))).toBe(chunk)
  })

  it('are not known, and the build goes on, if the command hangs or fails', () => {
    const home = mkdtempSync(join(tmpdir(), 'familiar-early-'))
    try {
      const ran = (code: string) => runCovered(['-e', code], home, home, 2_000)
      expect(ran('setInterval(() => {}, 1000)')).toMatch(/ETIMEDOUT/)
      expect(ran('process.exit(3)')).toBe('it ended with 3')
      expect(ran('process.kill(process.pid, "SIGKILL")')).toBe('it ended with SIGKILL')
      expect(Array.isArray(ran(''))).toBe(true)
    } finally {
      rmSync(home, { recursive: true })
    }
  })

  it('are found in the command as it is built', () => {
    const directory = fileURLToPath(new URL('../packages/spec-kitty/command/', import.meta.url))
    const textOf = (chunk: string): string => {
      const name = readdirSync(directory).find((one) => one.startsWith(`${chunk}-`)) ?? ''
      return readFileSync(`${directory}${name}`, 'utf8')
    }
    const [core, scan] = [textOf('main'), textOf('scan')]
    expect(core).toContain('\nconst viewWork = (async function viewWork(')
    expect(core.match(/^const [\w$]+ = \((?:async )?function/gm)?.length).toBeGreaterThan(200)
    expect(scan.match(/^const [\w$]+ = \((?:async )?function/gm)?.length).toBeGreaterThan(40)
    // A status without a daemon checks no reply.
    expect(core).toMatch(/^(?:async )?function checkReply\(/m)
  })
})
