import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { assertNoCircle, quickChunk } from '../scripts/quick-chunk.mjs'

const real = createRequire(import.meta.url)

/** Runs a chunk as Node does; returns what it exports and which modules it has loaded. */
function run(code: string) {
  const loaded: string[] = []
  const exports: Record<string, any> = {}
  const require = (id: string): unknown => {
    loaded.push(id)
    return real(id)
  }
  const wrapped = runInThisContext(
    `(function (exports, require, __filename, __dirname) {${quickChunk(code)}\n})`,
  )
  wrapped(exports, require, '/some where/100%/chunk.js', '/some where/100%')
  return { exports, loaded }
}

describe('a chunk of the command', () => {
  it('loads a module of Node when it is used, and one that Node has anyway at once', () => {
    const { exports, loaded } = run(
      'let node_net = require("node:net");\nlet node_path = require("node:path");\nexports.isIP = (text) => (0, node_net.isIP)(text);\n',
    )
    expect(loaded).toEqual(['node:path'])
    expect([exports['isIP']('::1'), exports['isIP']('x')]).toEqual([6, 0])
    expect(loaded).toEqual(['node:path', 'node:net'])
  })

  it('makes objects of its classes', () => {
    const { exports } = run(
      'let node_net = require("node:net");\nexports.make = () => new node_net.Socket({ allowHalfOpen: true });\n',
    )
    expect(exports['make']()).toBeInstanceOf((real('node:net') as typeof import('node:net')).Socket)
  })

  it('exports values in place of getters', () => {
    const getter = (name: string, value: string): string =>
      `Object.defineProperty(exports, "${name}", {\n\tenumerable: true,\n\tget: function() {\n\t\treturn ${value};\n\t}\n});\n`
    const { exports } = run(`function f() { return 1 }\n${getter('f', 'f')}${getter('g$1', 'f')}`)
    expect(Object.getOwnPropertyDescriptor(exports, 'f')).toMatchObject({ value: exports['g$1'] })
    expect(exports['f']()).toBe(1)
    for (const text of ['let n$ = 0', 'let n$'])
      expect(() => quickChunk(`${text};\n${getter('n$', 'n$')}`)).toThrow('n$ is exported')
  })

  it('finds a file beside it in a directory of any name', () => {
    const { exports } = run(
      'let node_url = require("node:url");\nexports.path = (0, node_url.fileURLToPath)(new URL("../x.js", require("url").pathToFileURL(__filename).href));\n',
    )
    expect(exports['path']).toBe('/some where/x.js')
  })

  it.each([
    '"\u00b7 \u2014"',
    '`\u2026${1}\ufeff`',
    '"\u{1f600}"',
    'String(/[\u00b7-\u00ff]/.source.length > 0)',
  ])('is ASCII and says the same: %s', (text) => {
    const code = `exports.text = ${text};\n`
    expect(quickChunk(code)).toMatch(/^[\0-\u007f]*$/)
    expect(run(code).exports['text']).toBe(runInThisContext(text))
  })

  it('cannot escape in a raw text', () => {
    expect(() => quickChunk('exports.text = String.raw`\u00b7`')).toThrow('String.raw')
  })
})

describe('the chunks of the command', () => {
  const chunk = (fileName: string, ...imports: string[]) => ({ fileName, imports })

  it('do not require each other in a circle', () => {
    expect(() => assertNoCircle([chunk('a', 'b', 'node:fs'), chunk('c', 'a', 'b'), chunk('b')])).not.toThrow()
    expect(() => assertNoCircle([chunk('a', 'b'), chunk('b', 'c'), chunk('c', 'b')])).toThrow(': a, b, c')
  })
})
