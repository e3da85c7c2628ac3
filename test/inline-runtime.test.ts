import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { inlineRuntime } from '../scripts/inline-runtime.mjs'

const RUNTIME = {
  fileName: 'rolldown-runtime-AAAA.js',
  code: 'Object.defineProperty(exports, "twice", { get: () => (one) => 2 * one });',
}
const LOAD = 'const require_rolldown_runtime = require("./rolldown-runtime-AAAA.js");'

describe('the functions of the bundler', () => {
  it('are in each chunk that uses them, and in no file of their own', () => {
    const user = { fileName: 'user.js', code: `${LOAD}\nexports.four = require_rolldown_runtime.twice(2);` }
    const other = { fileName: 'other.js', code: 'exports.one = 1;' }
    const [inlined, ...rest] = inlineRuntime([RUNTIME, user, other])
    expect(rest).toEqual([other])
    const exports: Record<string, unknown> = {}
    runInThisContext(`(function (exports) {${inlined?.code}\n})`)(exports)
    expect(exports).toEqual({ four: 4 })
  })

  it('fail the build if a chunk loads them in another way', () => {
    const user = { fileName: 'user.js', code: LOAD.replace('const', 'let') }
    expect(() => inlineRuntime([RUNTIME, user])).toThrow(/user\.js/)
  })

  it('are not in a file of the package', () => {
    const command = join(import.meta.dirname, '../packages/spec-kitty/command')
    const names = readdirSync(command).filter((name) => name.endsWith('.js'))
    expect(names.length).toBeGreaterThan(50)
    for (const name of names)
      expect(readFileSync(join(command, name), 'utf8')).not.toContain('rolldown-runtime-')
  })
})
