import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inHome, withHome } from '../../src/cli/in-home.js'

let home: string

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-home-')))
  vi.stubEnv('HOME', home)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const restart = () => inHome`export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart`
const RESTART = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart'

it('a command for another home than the usual one names it, quoted for a shell', () => {
  vi.stubEnv('SPEC_KITTY_HOME', join(home, "it's another"))
  expect(restart()).toBe(
    `export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && SPEC_KITTY_HOME='${home}/it'\\''s another' spec-kitty sync restart`,
  )
})

it('every command that acts on a home names it, and no explanation does', () => {
  vi.stubEnv('SPEC_KITTY_HOME', join(home, 'other'))
  const at = `SPEC_KITTY_HOME=${home}/other`
  expect(inHome`spec-kitty auth login; spec-kitty config list`).toBe(
    `${at} spec-kitty auth login; ${at} spec-kitty config list`,
  )
  for (const same of ['spec-kitty explain F-001', 'see spec-kitty sync now --help'])
    expect(withHome(same)).toBe(same)
})

it.each(['spec-kitty sync now', 'i$(touch x) spec-kitty auth x', "'; spec-kitty config list #"])(
  'no value is taken for a command, whatever it says: %j',
  (value) => {
    vi.stubEnv('SPEC_KITTY_HOME', join(home, value))
    const at = inHome`spec-kitty sync now`
    expect(inHome`${value} | spec-kitty sync now ${value}`).toBe(`${value} | ${at} ${value}`)
    expect(inHome`${at} && spec-kitty sync now`).toBe(`${at} && ${at}`)
  },
)

it('where no usual home can be, no command can act on a wrong one', () => {
  vi.stubEnv('HOME', join(home, 'missing'))
  vi.stubEnv('SPEC_KITTY_HOME', join(home, 'other'))
  expect(restart()).toBe(RESTART)
})

it('a command for the usual home is as short as it can be, whether or not the variable names it', () => {
  for (const set of [undefined, '', join(home, '.spec-kitty')]) {
    vi.stubEnv('SPEC_KITTY_HOME', set)
    expect(restart()).toBe(RESTART)
  }
})

/** What is the same for every home, of another program, or put into a home as a whole. */
const FREE =
  /^(?:main\.ts$|cli\/(?:describe\/|topics|mistakes|in-home)|doctor\/explain\/|dashboard\/ui\/|daemons\/user-words)/

it('a command that acts on a home is written with it everywhere in the source', () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const bare = files
    .filter((file) => /\.tsx?$/.test(file) && !FREE.test(file))
    .flatMap((file) =>
      readFileSync(join(source, file), 'utf8')
        .replaceAll(/\/\*[^]*?\*\/|\/\/ .*/g, '')
        .replaceAll(/inHome`[^`]*`/g, '')
        .split('\n')
        .filter((line) => /spec-kitty (?:auth|config|sync)\b/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(bare).toEqual([])
})
