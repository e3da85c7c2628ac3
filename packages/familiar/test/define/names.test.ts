import { describe, expect, it } from 'vitest'
import { definitionOf } from '../../src/define/define-daemon.js'
import { defineDaemon, type Daemon, type DaemonOptions } from '../../src/index.js'
import { defaultPorts, fnv1a32 } from '../../src/define/default-ports.js'

describe('a definition that cannot be right', () => {
  it.each<readonly [string, unknown]>([
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
    ['no options', undefined],
    ['a text for options', 'previewd'],
    ['a kind of scope that is none', { name: 'a', scopeKind: 'foo' }],
    ['a scope that is none', { name: 'a', scope: 'machine' }],
    ['options of Node as a text', { name: 'a', execArgv: '--x' }],
    ['an option of Node that is no text', { name: 'a', execArgv: [5] }],
    ['an environment as a text', { name: 'a', env: 'ACME_*' }],
    ['predecessors that are no list', { name: 'a', predecessors: {} }],
    ['a predecessor without anything', { name: 'a', predecessors: [{}] }],
    ['a predecessor that is null', { name: 'a', predecessors: [null] }],
    ['a directory of tokens that is no function', { name: 'a', tokenDirectory: '/tmp' }],
    ['files that are no function', { name: 'a', files: {} }],
    ['siblings that are no function', { name: 'a', siblings: [] }],
    ['an entry of the web', { name: 'a', entry: new URL('http://x/y') }],
    ['an entry that is a number', { name: 'a', entry: 5 }],
    ['an entry that depends on the directory', { name: 'a', entry: './serve.js' }],
    ['an entry without a directory', { name: 'a', entry: 'serve.js' }],
    ['an entry of another kind of address', { name: 'a', entry: 'data:text/javascript,0' }],
    ...['A*B', '*A', '**', '!', 'A=1', ''].map(
      (one) => [`an environment with ${JSON.stringify(one)}`, { name: 'a', env: [one] }] as const,
    ),
    ['a version that is none', { name: 'a', version: 'abc' }],
    ['a time of the build that is none', { name: 'a', buildTime: 'yesterday' }],
    ['no room for a body', { name: 'a', maxBodyBytes: 0 }],
    ['words that are no texts', { name: 'a', words: { title: 5 } }],
    ['a health that is no function', { name: 'a', health: {} }],
    ['a command line without a role', { name: 'a', commandLine: { scopeFlag: '--scope=' } }],
    ['a role of two words', { name: 'a', commandLine: { role: 'a b', scopeFlag: '--scope=' } }],
  ])('%s is refused at once, with one sentence', (_, options) => {
    const define = (): unknown => defineDaemon(options as DaemonOptions)
    expect(define).toThrow(expect.objectContaining({ code: 'E_DEFINITION_INVALID' }))
    expect(define).toThrow(/^defineDaemon: [^\n]+$/)
  })

  it.each([
    [
      { name: 'a', execArgv: ['--import', 'tsx'] },
      "execArgv must be a list of options, each one word with its value (--max-old-space-size=512), and with a module as a URL (--import=file:///...), not [ '--import', 'tsx' ]",
    ],
    [{ name: 'a', idleTimeout: 5 }, 'there is no option idleTimeout: did you mean idleTimeoutSeconds?'],
    [{ name: 'a', words: { titel: 'x' } }, 'there is no option words.titel: did you mean title?'],
    [{ name: 'a', commandline: {} }, 'there is no option commandline: did you mean commandLine?'],
    [{ name: 'a', zzz: 1 }, 'there is no option zzz'],
    [{ name: 'a', predecessors: [{}] }, 'predecessors[0].commandLine must be an object, not undefined'],
    [
      { name: 'a', env: 'ACME_*' },
      "env must be a list of names, NAME or !NAME, which may have one * at the end, not 'ACME_*'",
    ],
  ])('%j is told with the name of the option', (options, message) => {
    expect(() => defineDaemon(options as DaemonOptions)).toThrow(`defineDaemon: ${message}`)
  })

  it.each(['*', 'ACME_*', '!ACME_SECRET', '!ACME_*', 'ProgramFiles(x86)', 'a'])(
    'may pass on the variables %j',
    (one) => {
      expect(defineDaemon({ name: 'a', env: [one] }).name).toBe('a')
    },
  )

  it('may leave out what it does not name: undefined is the default', () => {
    const options = { name: 'a', version: undefined, scope: undefined, words: undefined }
    expect(defineDaemon(options as unknown as DaemonOptions).name).toBe('a')
  })

  it.each<readonly [string, object, (tool: Daemon) => unknown]>([
    ['a scope', { scope: () => 'a/relative/path' }, (tool) => tool.scope],
    ['a scope that is not there', { scope: () => undefined }, (tool) => tool.scope],
    ['a promise of a scope', { scope: () => Promise.resolve('/tmp') }, (tool) => tool.scope],
    ['a log', { files: () => ({ log: 'daemon.log' }) }, (tool) => tool.at('/tmp').logFile],
    ['files', { files: () => 'daemon.log' }, (tool) => tool.at('/tmp').logFile],
    ['an entry', { entry: () => 5 }, (tool) => tool.version],
    ['an entry', { entry: () => './serve.js' }, (tool) => tool.version],
    ['a directory of tokens', { tokenDirectory: () => 7 }, (tool) => definitionOf(tool).place()],
    ['siblings', { siblings: () => 7 }, (tool) => definitionOf(tool).family.relatives],
    ['a sibling', { siblings: () => [{}] }, (tool) => definitionOf(tool).family.relatives],
    ['a path of another scope', {}, (tool) => tool.at('relative')],
    ['no path of another scope', {}, (tool) => tool.at(undefined as unknown as string)],
  ])('is told when its function has returned %s that cannot be', (_, options, use) => {
    const tool = defineDaemon({ name: 'a', ...options })
    expect(() => use(tool)).toThrow(expect.objectContaining({ code: 'E_DEFINITION_INVALID' }))
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
