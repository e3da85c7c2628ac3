import { describe, expect, it } from 'vitest'
import { defineDaemon, type DaemonOptions } from '../../src/index.js'
import { defaultPorts, fnv1a32 } from '../../src/define/default-ports.js'

describe('a definition that cannot be right', () => {
  it.each<readonly [string, object]>([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a name in upper case', { name: 'Previewd' }],
    ['a name with a slash', { name: 'a/b' }],
    ['a name of dots', { name: '..' }],
    ['a name with a line break', { name: 'a\nb' }],
    ['a name that is too long', { name: 'a'.repeat(41) }],
    ['a name that is not text', { name: 7 }],
    ['protocol 0', { name: 'a', protocol: 0 }],
    ['half a protocol', { name: 'a', protocol: 1.5 }],
    ['ports that end before they begin', { name: 'a', ports: { from: 3000, to: 3000 } }],
    ['ports of the system', { name: 'a', ports: { from: 80, to: 90 } }],
    ['ports that do not exist', { name: 'a', ports: { from: 65_530, to: 65_540 } }],
    ['a negative time', { name: 'a', idleTimeoutSeconds: -1 }],
    ['a time that is no number', { name: 'a', drainTimeoutSeconds: Number.NaN }],
    ['an idle time that no timer takes', { name: 'a', idleTimeoutSeconds: 1e10 }],
    ['a drain time that no timer takes', { name: 'a', drainTimeoutSeconds: 2_147_484 }],
    ['a time that is text', { name: 'a', idleTimeoutSeconds: '5' }],
    ['an endless body', { name: 'a', maxBodyBytes: Number.POSITIVE_INFINITY }],
    ['an option in two words', { name: 'a', execArgv: ['--import', 'tsx'] }],
    ['a flag without its sign', { name: 'a', commandLine: { role: 'a', scopeFlag: '--scope' } }],
    ['a path of health that is none', { name: 'a', predecessors: [{ healthPath: 'health' }] }],
    ['a path of health of two lines', { name: 'a', predecessors: [{ healthPath: '/a\r\nb' }] }],
    ['a role of two words', { name: 'a', commandLine: { role: 'a b', scopeFlag: '--scope=' } }],
  ])('%s is refused at once, with one sentence', (_, options) => {
    const define = (): unknown => defineDaemon(options as DaemonOptions)
    expect(define).toThrow(expect.objectContaining({ code: 'E_DEFINITION_INVALID' }))
    expect(define).toThrow(/^defineDaemon: [^\n]+$/)
  })

  it('is not read further: a definition reads nothing of the machine', () => {
    const entry = (): string => {
      throw new Error('it was called')
    }
    expect(defineDaemon({ name: 'a', entry, scope: entry, siblings: () => [] }).name).toBe('a')
  })
})

describe('the ports of a daemon without ports of its own', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('follow the hash of the name: %j', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash)
  })

  it('are frozen, 20 for a user and 100 for projects', () => {
    expect(defaultPorts('previewd', false)).toEqual({ from: 25_700, to: 25_720 })
    expect(defaultPorts('previewd', true)).toEqual({ from: 25_700, to: 25_800 })
  })

  it('are never those that the system hands out', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `tool-${index}`)
    const ranges = names.map((name) => defaultPorts(name, true))
    expect(Math.min(...ranges.map(({ from }) => from))).toBeGreaterThanOrEqual(20_000)
    expect(Math.max(...ranges.map(({ to }) => to))).toBeLessThanOrEqual(32_000)
  })
})
