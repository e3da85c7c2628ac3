import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { helpText } from '../../src/cli/help.js'
import { route } from '../../src/cli/find-command.js'
import { knownNames } from '../../src/cli/command-table.js'
import { TOPICS } from '../../src/cli/topic-names.js'
import { VERSION } from '../../src/version.js'
import { CLI, runCli, smallEnvironment } from '../helpers/cli.js'

const TEXTS = fileURLToPath(new URL('../../command/texts/', import.meta.url))
/** A text ends with this byte, which is not printed: without it, a part is missing. */
const END = '\u0003'
const PAGES = ['', ...knownNames(), ...Object.keys(TOPICS)]
const nameOf = (page: string): string => ['help', ...page.split(' ').filter((word) => word !== '')].join('.')

/** What the command itself answers. */
async function answer(argv: readonly string[]): Promise<string> {
  const asked = await route(argv, async () => false)
  if (asked.kind !== 'help') throw new Error(`${argv.join(' ')} asks for ${asked.kind}`)
  return helpText(asked.words, { hasColor: false, columns: null })
}

describe('the texts that are printed without the command', () => {
  it('are the version and every page of the help', () => {
    expect(readdirSync(TEXTS).toSorted()).toEqual([...PAGES.map(nameOf), 'version'].toSorted())
    expect(readFileSync(`${TEXTS}version`, 'utf8')).toBe(`${VERSION}\n${END}`)
  })

  it.each(PAGES)("'%s' is what the command prints, however it is asked", async (page) => {
    const stored = readFileSync(TEXTS + nameOf(page), 'utf8')
    expect(stored.endsWith(END)).toBe(true)
    const text = stored.slice(0, -END.length)
    const words = page.split(' ').filter((word) => word !== '')
    const [first] = words
    const forms = [
      ['help', ...words],
      ...(first === 'help'
        ? []
        : [
            [...words, '--help'],
            [...words, '-h'],
          ]),
    ]
    for (const form of forms) expect([form, await answer(form)]).toEqual([form, text])
  })

  // That the stored texts are those of the command, in every form, is tested above.
  it.each([[[]], [['sync', 'status', '-h']], [['--version']]])(
    '%j prints the same with a flag that only the command knows',
    (argv) => {
      const { status, stdout, stderr } = runCli(argv)
      expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: '' })
      expect(runCli([...argv, '--no-color'])).toMatchObject({ status, stdout, stderr })
    },
  )

  it.each([
    ['no-such', '--help'],
    ['..', '--help'],
    ['version', 'x'],
  ])('%s %s is the same mistake as ever', (...argv) => {
    const ran = runCli(argv)
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toMatch(/^spec-kitty: /)
  })

  it('are as wide in a pipe as the user wishes', () => {
    const widthOf = (env: Record<string, string>, ...argv: readonly string[]): number =>
      Math.max(
        ...runCli(argv, { env })
          .stdout.split('\n')
          .map((line) => line.length),
      )
    expect(widthOf({}, 'help')).toBeLessThanOrEqual(80)
    expect(widthOf({ COLUMNS: '50' }, 'help')).toBeLessThanOrEqual(50)
    expect(widthOf({ COLUMNS: '100' }, 'sync', 'status', '--help')).toBeGreaterThan(80)
    expect(runCli(['--help'], { env: { COLUMNS: 'x' } }).stdout).toBe(runCli(['--help']).stdout)
  })

  it('have colours where those are forced', () => {
    expect(runCli(['--help'], { env: { FORCE_COLOR: '1' } }).stdout).toContain('\u001b[1m')
  })
})

/** Runs the command with a shell around it, which has what the test needs besides: `NODE` and `CLI`. */
function runShell(script: string) {
  const env = smallEnvironment({ NODE: process.execPath, CLI, HOME: tmpdir() })
  return spawnSync('bash', ['-c', script], { env, encoding: 'utf8', timeout: 60_000 })
}

/** One text of the bin, and what two commands print themselves. */
describe.each([['--help'], ['sync status --help --no-color'], ['config list']])('%s', (words) => {
  it('fails if the disk is full', () => {
    const { status, stderr } = runShell(`"$NODE" "$CLI" ${words} > /dev/full`)
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'spec-kitty: cannot write the output: ENOSPC (only the output is lost)\n',
    })
  })

  it('ends in peace if its reader has enough, or was never there', () => {
    const gone = runShell(`{ sleep 0.2; "$NODE" "$CLI" ${words}; echo "$?" >&2; } | true`)
    expect(gone.stderr).toBe('0\n')
    const closed = runShell(`"$NODE" "$CLI" ${words} >&- 2>&-`)
    expect(closed.status).toBe(0)
  })
})

describe('a full pipe that another process made non-blocking', () => {
  it.each([['--help'], ['config list --no-color']])('%s loses nothing', (words) => {
    // On a busy machine the filler may come later than the command: it is a character that no command prints.
    const filler = `require('node:net'); process.stdout._handle; process.stdout.write(String.fromCharCode(1).repeat(60000)); setTimeout(() => {}, 300)`
    const expected = runShell(`"$NODE" "$CLI" ${words}`).stdout
    const { stdout } = runShell(
      `{ "$NODE" -e "${filler}" & sleep 0.15; "$NODE" "$CLI" ${words}; "$NODE" "$CLI" ${words}; "$NODE" "$CLI" ${words}; wait; } | { sleep 1; cat; }`,
    )
    expect(stdout.replaceAll('\u0001', '')).toBe(expected.repeat(3))
  })
})
