import { describe, expect, it } from 'vitest'
import { assertRuntime } from '../src/runtime.js'

describe('a runtime', () => {
  it('that is Node is accepted', () => {
    expect(() => assertRuntime()).not.toThrow()
    expect(() => assertRuntime({ node: '26.0.0', v8: '14.0', uv: '1.52' })).not.toThrow()
  })

  // What they report: the version of Node that they resemble, and their own.
  it.each([
    ['Bun', { node: '24.3.0', bun: '1.3.2', webkit: 'c0ffee', uv: '1.48.0' }, '1.3.2'],
    ['Deno', { node: '24.2.0', deno: '2.7.12', v8: '14.2', typescript: '5.9.2' }, '2.7.12'],
  ])('that is %s is refused by its name and version, with what it lacks', (name, versions, version) => {
    expect(() => assertRuntime(versions)).toThrow(
      expect.objectContaining({
        code: 'E_RUNTIME_UNSUPPORTED',
        retry: false,
        message: expect.stringMatching(
          new RegExp(`^background daemons do not work in ${name} ${version}: .*startup pipe.*descriptor`),
        ),
        hint: 'run this tool with Node 20.20 or later',
      }),
    )
  })

  it('that is Electron, or a tool and Node in one file, is refused: its executable is the application', () => {
    const unsupported = { code: 'E_RUNTIME_UNSUPPORTED', message: expect.stringContaining('application') }
    expect(() => assertRuntime({ node: '22.0.0', electron: '38.0.0' })).toThrow(
      expect.objectContaining(unsupported),
    )
    expect(() => assertRuntime({ node: '22.0.0' }, true)).toThrow(expect.objectContaining(unsupported))
  })
})
