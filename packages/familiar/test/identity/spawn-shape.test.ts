import { describe, expect, it } from 'vitest'
import type { CommandLine } from '../../src/identity/machine.js'
import { matchShapes, type ShapeMatch, type SpawnShape } from '../../src/identity/spawn-shape.js'

const MARKER = /--cat-root=(?<scope>.+)/

const SHAPES: readonly SpawnShape[] = [
  { implementation: 'own', head: [/.+/, /(?:.*[\\/])?cat-daemon\.js/, /purr/], marker: MARKER },
  {
    implementation: 'predecessor',
    head: [/.+/, /-c/, /(?:.*\n)?run_cat\((?<port>\d+), '(?<token>[^'\n]+)'\)\s*/],
    marker: MARKER,
  },
  {
    implementation: 'predecessor',
    head: [/.+/, /-c/, /(?:.*\n)?run_box\('(?<scope>[^'\n]+)'\)\s*/],
    marker: null,
    decodeScope: (text) => (text.includes('?') ? null : text.toUpperCase()),
  },
]

const OWN = ['/usr/bin/node', '/opt/cat/cat-daemon.js', 'purr', '--cat-root=/home/dev/.cat']
const SCRIPT = "import cat\nrun_cat(9410, '2db385d7')\n"
const OLD = ['/usr/bin/python', '-c', SCRIPT, '--cat-root=/home/dev/.cat', '--cat-exec=/usr/bin/python']

const OWN_MATCH: ShapeMatch = { implementation: 'own', marker: '/home/dev/.cat', port: null, token: null }
const OLD_MATCH: ShapeMatch = {
  implementation: 'predecessor',
  marker: '/home/dev/.cat',
  port: 9410,
  token: '2db385d7',
}

const match = (command: CommandLine): ShapeMatch | null => matchShapes(SHAPES, command)
const inArgs = (...args: readonly string[]): ShapeMatch | null => match({ args })
const inText = (...args: readonly string[]): ShapeMatch | null => match({ text: args.join(' ') })

describe.each([
  ['arguments', inArgs],
  ['one text', inText],
])('a command line as %s', (_, found) => {
  it('of ours, and of a predecessor', () => {
    expect(found(...OWN)).toEqual(OWN_MATCH)
    expect(found(...OLD)).toEqual(OLD_MATCH)
  })

  it('without a marker names no scope', () => {
    expect(found(...OWN.slice(0, 3))).toEqual({ ...OWN_MATCH, marker: null })
    expect(found(...OLD.slice(0, 3))).toEqual({ ...OLD_MATCH, marker: null })
    expect(found(...OWN.slice(0, 3), '--cat-root=')).toEqual({ ...OWN_MATCH, marker: null })
  })

  it('with the same marker twice names that scope', () => {
    expect(found(...OWN, '--cat-root=/home/dev/.cat')).toEqual(OWN_MATCH)
  })

  it('with two markers that differ names no scope', () => {
    expect(found(...OWN, '--cat-root=/home/eve/.cat')).toEqual({ ...OWN_MATCH, marker: null })
    expect(found(...OLD, '--cat-root=/home/dev/.cat/')).toEqual({ ...OLD_MATCH, marker: null })
  })

  it('with the marker among other options, and with blanks in its path', () => {
    const args = [...OWN.slice(0, 3), '--verbose', '--cat-root=/home/dev/my cats', '--last']
    expect(found(...args)?.marker).toBe('/home/dev/my cats')
  })

  it('takes a marker only where it is an argument of its own', () => {
    expect(found(...OWN.slice(0, 3), 'x--cat-root=/home/dev/.cat')?.marker ?? null).toBeNull()
    expect(found(...OWN.slice(0, 3), '--not--cat-root=/home/dev/.cat')?.marker ?? null).toBeNull()
  })

  it('with its scope inside the script', () => {
    expect(found('python', '-c', "\nimport cat\nrun_box('/a/b')\n")).toEqual({
      implementation: 'predecessor',
      marker: '/A/B',
      port: null,
      token: null,
    })
  })

  it('whose scope cannot be read exactly never becomes a path by guessing', () => {
    expect(found('python', '-c', "run_box('/a?b')")?.marker).not.toBe('/A?B')
  })

  it.each(['0', '65536', '99999999999'])('with the impossible port %s has none', (port) => {
    expect(found('python', '-c', `run_cat(${port}, 'abc')`)).toEqual({
      implementation: 'predecessor',
      marker: null,
      port: null,
      token: 'abc',
    })
  })

  it.each<readonly [string, readonly string[]]>([
    ['a shell that prints the call', ['bash', '-c', "echo run_cat(9410, '2db385d7')"]],
    ['a shell that prints it quoted', ['bash', '-c', `echo "run_cat(9410, '2db385d7')"`]],
    ['a search for the call', ['grep', '-rn', "run_cat(9410, '2db385d7')", '/opt/cat']],
    ['a script with the call inside a longer line', ['python', '-c', "x = run_cat(9410, '2db385d7')\n"]],
    ['a script with the call and more on its line', ['python', '-c', "run_cat(9410, '2db385d7') or 1\n"]],
    ['a script that goes on after the call', ['python', '-c', "run_cat(9410, '2db385d7')\nprint(1)\n"]],
    ['a here document', ['sh', '-c', "cat <<EOF\nrun_cat(9410, '2db385d7')\nEOF"]],
    ['another call', ['python', '-c', "not_run_cat(9410, '2db385d7')\n"]],
    ['a call without a token', ['python', '-c', 'run_cat(9410)\n']],
    ['a call with an empty token', ['python', '-c', "run_cat(9410, '')\n"]],
    ['a call with a name for a port', ['python', '-c', "run_cat(port, '2db385d7')\n"]],
    ['an editor of the entry', ['vim', '/opt/cat/cat-daemon.js']],
    ['an editor of a file beside the entry', ['node', '/opt/cat/cat-daemon.js.bak', 'purr']],
    ['another verb', ['node', '/opt/cat/cat-daemon.js', 'purring']],
    ['no verb', ['node', '/opt/cat/cat-daemon.js', '--cat-root=/home/dev/.cat']],
    ['another entry that ends alike', ['node', '/opt/cat/wildcat-daemon.js', 'purr']],
    ['the marker alone', ['node', '/opt/other.js', '--cat-root=/home/dev/.cat']],
    ['nothing', []],
    ['an empty argument', ['']],
  ])('%s is none', (_what, args) => {
    expect(found(...args)).toBeNull()
  })
})

describe('arguments', () => {
  it('are compared one by one: what only mentions a daemon is none', () => {
    expect(inArgs('less', 'notes.txt', '/opt/cat/cat-daemon.js', 'purr')).toBeNull()
    expect(inArgs('sh', '-c', 'node /opt/cat/cat-daemon.js purr --cat-root=/x')).toBeNull()
    expect(inArgs('node /opt/cat/cat-daemon.js purr')).toBeNull()
    expect(inArgs('python', '-u', '-c', SCRIPT)).toBeNull()
    expect(inArgs('pgrep', '-f', "run_cat(9410, '2db385d7')")).toBeNull()
  })

  it('without a program are none', () => {
    expect(inArgs('', ...OWN.slice(1))).toBeNull()
  })

  it('may have the separators of Windows', () => {
    expect(inArgs('C:\\node.exe', 'C:\\cat\\cat-daemon.js', 'purr', '--cat-root=C:\\Users\\dev')).toEqual({
      ...OWN_MATCH,
      marker: 'C:\\Users\\dev',
    })
  })

  it('may have a newline in a path', () => {
    expect(inArgs(...OWN.slice(0, 3), '--cat-root=/home/a\nb')?.marker).toBe('/home/a\nb')
    expect(inArgs('node', '/opt/a\nb/cat-daemon.js', 'purr')).not.toBeNull()
  })

  it('name a marker only after the head', () => {
    const early = ['--cat-root=/home/dev/.cat', '/opt/cat/cat-daemon.js', 'purr']
    expect(inArgs(...early)?.marker ?? null).toBeNull()
  })
})

describe('one text', () => {
  it('may have blanks in every path', () => {
    const node = '/Users/dev/Library/Application Support/node'
    expect(inText(node, '/Users/dev/my tools/cat-daemon.js', 'purr', '--cat-root=/Users/dev/a b')).toEqual({
      ...OWN_MATCH,
      marker: '/Users/dev/a b',
    })
  })

  it('reads a path with an option in it short: it names another scope, and is refused', () => {
    expect(inText(...OWN.slice(0, 3), '--cat-root=/home/dev/a --b')?.marker).toBe('/home/dev/a')
  })

  it('is not a daemon when it only mentions one', () => {
    expect(inText('sh', '-c', 'exec', ...OWN, '; true')?.marker).not.toBe('/home/dev/.cat')
    expect(inText('less', ...OWN.slice(1, 3), 'notes.txt')).toBeNull()
    expect(inText('watch', "run_cat(9410, '2db385d7')")).toBeNull()
  })

  it('costs little, however long it is', () => {
    const began = process.cpuUsage()
    for (const part of [' ', ' /', ' -c \n', ' /cat-daemon.js', " -c run_cat(1, '"]) {
      expect(inText(part.repeat(100_000 / part.length))).toBeNull()
      expect(inText(part.repeat(16_000 / part.length))).toBeNull()
    }
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5)
  })
})
