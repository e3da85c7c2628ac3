import { describe, expect, it } from 'vitest'
import { definitionOf } from '../../src/define/define-daemon.js'
import { launchArgs, ownShape, selfReportReader, servedScope } from '../../src/define/recognise.js'
import { matchShapes } from '../../src/identity/spawn-shape.js'
import { defineDaemon, type Predecessor } from '../../src/index.js'

const LINE = { role: 'previewd-daemon', scopeFlag: '--previewd-scope=' }
const SHAPES = [ownShape(LINE)]

function recognised(args: readonly string[]): string | null | undefined {
  return matchShapes(SHAPES, { args })?.marker
}

describe('the command line that a command writes', () => {
  const scopes = [
    '/home/dev/.local/state/previewd',
    '/with blank/and "quotes"',
    '/café/日本',
    'C:\\Users\\dev',
  ]
  const entries = ['/opt/previewd/serve.js', '/opt/with blank/serve.mjs', 'C:\\tools\\serve.js']
  const options = [[], ['--max-old-space-size=512'], ['--import=tsx', '--enable-source-maps']]
  const all = scopes.flatMap((scope) =>
    entries.flatMap((entry) => options.map((option) => [scope, entry, option] as const)),
  )

  it.each(all)('is recognised with its scope: %s, %s, %j', (scope, entry, option) => {
    const args = ['/usr/bin/node', ...launchArgs(LINE, option, entry, scope)]
    expect(recognised(args)).toBe(scope)
    expect(matchShapes(SHAPES, { text: args.join(' ') })?.marker).toBe(scope)
    expect(servedScope(LINE, ['/usr/bin/node', entry, ...args.slice(2 + option.length)])).toBe(scope)
  })
})

describe('a command line of something else', () => {
  it.each<readonly [string, readonly string[]]>([
    ['a command of the tool', ['node', '/opt/previewd/cli.js', 'render', 'a.md']],
    ['another role', ['node', '/opt/serve.js', 'previewd', '--previewd-scope=/x']],
    ['a longer role', ['node', '/opt/serve.js', 'previewd-daemon2', '--previewd-scope=/x']],
    ['the role as the entry', ['node', 'previewd-daemon', '--previewd-scope=/x']],
    ['an editor', ['vim', '/opt/serve.js', '--previewd-scope=/x']],
    ['a search for it', ['grep', '-r', 'previewd-daemon', '/var/log']],
    ['nothing', []],
  ])('is not recognised: %s', (_, args) => {
    expect(matchShapes(SHAPES, { args })).toBeNull()
    expect(matchShapes(SHAPES, { text: args.join(' ') })).toBeNull()
  })

  it('is that of a daemon without a scope where two markers contradict each other', () => {
    const args = ['node', '/opt/serve.js', 'previewd-daemon', '--previewd-scope=/a', '--previewd-scope=/b']
    expect(recognised(args)).toBeNull()
  })

  it('is not read as a pattern: a role and a flag are plain text', () => {
    const shapes = [ownShape({ role: 'a-b', scopeFlag: '--a-b=' })]
    expect(matchShapes(shapes, { args: ['node', '/x.js', 'a-b', '--a-b=/(x'] })?.marker).toBe('/(x')
    expect(matchShapes(shapes, { args: ['node', '/x.js', 'a.b', '--a-b=/x'] })).toBeNull()
  })
})

const REPLY = {
  status: 'ok',
  daemon_family: 'previewd',
  singleton_scope_id: '/s',
  protocol_version: 1,
  package_version: '1.0.0',
  pages: 7,
  owner: {
    pid: 12,
    port: 25_700,
    source_checkout_path: '/opt',
    executable_path: '/usr/bin/node',
    token: 'x',
  },
}

describe('the command line of a predecessor', () => {
  const commandLine = { head: [/node/, /old\.js/], marker: /--dir=(?<scope>.+)/ }
  const args = ['node', 'old.js', '--dir=/home/dev/project']

  it.each([
    ['is that of an unrecorded daemon where the predecessor keeps no record', undefined, true],
    ['and is not, where it keeps one', { file: () => '/home/dev/old.pid', parse: () => null }, undefined],
  ])('%s', (_, record, isUnrecorded) => {
    const old: Predecessor = { commandLine, readSelfReport: () => null, ...(record ? { record } : {}) }
    const { family } = definitionOf(defineDaemon({ name: 'previewd', predecessors: [old] }))
    expect(matchShapes(family.shapes, { args })).toMatchObject({
      implementation: 'predecessor',
      marker: '/home/dev/project',
    })
    expect(matchShapes(family.shapes, { args })?.isUnrecorded).toBe(isUnrecorded)
  })
})

describe('a health reply', () => {
  const read = selfReportReader('previewd', [])

  it('is read with what the tool adds to it, and never a token', () => {
    expect(read(REPLY)).toEqual({
      protocolVersion: 1,
      packageVersion: '1.0.0',
      scope: '/s',
      directory: null,
      statesScope: true,
      verifiedBy: 'own_pid',
      pid: 12,
      port: 25_700,
      token: null,
      installation: '/opt',
      executable: '/usr/bin/node',
      details: {
        pages: 7,
        owner: { pid: 12, port: 25_700, source_checkout_path: '/opt', executable_path: '/usr/bin/node' },
      },
    })
  })

  it.each<readonly [string, unknown]>([
    ['another tool', { ...REPLY, daemon_family: 'other' }],
    ['a daemon that starts', { ...REPLY, status: 'starting' }],
    ['no version', { ...REPLY, package_version: null }],
    ['no protocol', { ...REPLY, protocol_version: '1' }],
    ['a list', [REPLY]],
    ['a text', 'ok'],
    ['nothing', undefined],
  ])('of %s is none', (_, body) => {
    expect(read(body)).toBeNull()
  })

  it('of a predecessor is tied by its pid if it reports one, else by its command line and token', () => {
    const predecessor: Predecessor = {
      commandLine: { head: [/x/], marker: null },
      readSelfReport: (body) => body as { packageVersion: string; pid?: number },
    }
    const old = selfReportReader('previewd', [{ ...predecessor, readSelfReport: () => null }, predecessor])
    expect(old({ packageVersion: '0.9', pid: 5, port: 1 })).toMatchObject({ verifiedBy: 'own_pid', pid: 5 })
    expect(old({ packageVersion: '0.9', token: 't' })).toMatchObject({
      verifiedBy: 'command_line',
      pid: null,
      token: 't',
      statesScope: false,
    })
  })
})
