import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shellQuote } from 'familiar/cli'
import { inHome } from '../../src/cli/in-home.js'

let home: string

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-home-')))
  vi.stubEnv('HOME', home)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const RESTART = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart'

it('a command for another home than the usual one names it, quoted for a shell, and once', () => {
  const env = { SPEC_KITTY_HOME: join(home, "it's another") }
  const named = inHome(RESTART, env)
  expect(named).toBe(
    `export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && SPEC_KITTY_HOME='${home}/it'\\''s another' spec-kitty sync restart`,
  )
  expect(inHome(named, env)).toBe(named)
})

it('every command that acts on a home names it, and no explanation does', () => {
  const env = { SPEC_KITTY_HOME: join(home, 'other') }
  const at = `SPEC_KITTY_HOME=${home}/other`
  expect(inHome('spec-kitty auth login; spec-kitty config list', env)).toBe(
    `${at} spec-kitty auth login; ${at} spec-kitty config list`,
  )
  for (const same of ['spec-kitty explain F-001', 'see spec-kitty sync now --help']) {
    expect(inHome(same, env)).toBe(same)
  }
  expect(inHome('SPEC_KITTY_HOME=/x spec-kitty sync status', env)).toBe(
    'SPEC_KITTY_HOME=/x spec-kitty sync status',
  )
})

it('where no usual home can be, no command can act on a wrong one', () => {
  vi.stubEnv('HOME', join(home, 'missing'))
  expect(inHome(RESTART, { SPEC_KITTY_HOME: join(home, 'other') })).toBe(RESTART)
})

it('a command for the usual home is as short as it can be, whether or not the variable names it', () => {
  for (const env of [{}, { SPEC_KITTY_HOME: '' }, { SPEC_KITTY_HOME: join(home, '.spec-kitty') }]) {
    expect(inHome(RESTART, env)).toBe(RESTART)
  }
})

it.each([
  'two words',
  'a; b',
  "a & 'b'",
  'ends in a line feed\n',
  'two\\\\backslashes',
  'tab\t"x"',
  '$(x) `y`',
])('a home that is named already stays the one that is meant: %j', (name) => {
  const other = `SPEC_KITTY_HOME=${shellQuote(join(home, name))} spec-kitty sync status`
  expect(inHome(other, { SPEC_KITTY_HOME: join(home, 'own') })).toBe(other)
})
