import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { CommandError } from 'familiar/cli'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { requireSetting } from '../../src/sync/require-setting.js'
import { readSettings, type SettingKey } from '../../src/sync/settings-table.js'

/** Every setting: where its value comes from, and what a wrong one leads to. */
let root: string
let file: string

beforeEach(() => {
  root = join(makeHome(), 'root')
  mkdirSync(root)
  file = join(root, 'config.toml')
})

afterAll(removeHomes)

type Env = Readonly<Record<string, string>>

async function get(key: SettingKey, config: string | null, env: Env = {}) {
  if (config !== null) writeFileSync(file, config)
  return (await readSettings(root, env)).get(key)
}

const FROM_DEFAULT = { kind: 'default' } as const

describe('a value comes from', () => {
  it.for([
    ['sync.hosted', false],
    ['sync.disabled', false],
    ['sync.server_url', null],
    ['sync.max_queue_size', 100_000],
    ['sync.background_daemon', 'auto'],
    ['sync.format', 'batch'],
    ['non_interactive', false],
    ['color', 'auto'],
    ['browser', null],
  ] as const)('nowhere but the default: %s', async ([key, value]) => {
    expect(await get(key, 'x = 1\n[other]\nformat = "xml"\n')).toEqual({
      state: 'right',
      value,
      source: FROM_DEFAULT,
    })
  })

  it.for([
    ['sync.server_url', 'server_url = "https://a.example/x/"', 'https://a.example/x'],
    ['sync.max_queue_size', 'max_queue_size = 5', 5],
    ['sync.max_queue_size', 'max_queue_size = "5"', 5],
    ['sync.background_daemon', 'background_daemon = " Manual "', 'manual'],
    ['sync.format', 'format = "cloudevents"', 'cloudevents'],
  ] as const)('a line of the file: %s, %s', async ([key, line, value]) => {
    const source = { kind: 'file', path: file, line: 3, column: line.indexOf('=') + 3 }
    expect(await get(key, `# a\n[sync]\n${line}\n`)).toEqual({ state: 'right', value, source })
  })

  it.for([
    ['root', 'SPEC_KITTY_HOME', '/x', '/x'],
    ['sync.hosted', 'SPEC_KITTY_ENABLE_SAAS_SYNC', 'Yes', true],
    ['sync.hosted', 'SPEC_KITTY_ENABLE_SAAS_SYNC', '0', false],
    ['sync.disabled', 'SPEC_KITTY_SYNC_DISABLE', 'on', true],
    ['sync.server_url', 'SPEC_KITTY_SAAS_URL', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['non_interactive', 'CI', 'true', true],
    ['non_interactive', 'SPEC_KITTY_NON_INTERACTIVE', 'no', false],
    ['color', 'NO_COLOR', '1', 'never'],
    ['color', 'FORCE_COLOR', '1', 'always'],
    ['browser', 'BROWSER', 'firefox', 'firefox'],
  ] as const)('the environment, before the file: %s from %s=%s', async ([key, variable, text, value]) => {
    const source = { kind: 'environment', variable }
    const config = '[sync]\nserver_url = "https://a.example"\n'
    expect(await get(key, config, { [variable]: text })).toEqual({ state: 'right', value, source })
  })

  it('no variable that is empty', async () => {
    const found = await get('sync.server_url', null, { SPEC_KITTY_SAAS_URL: ' ' })
    expect(found).toEqual({ state: 'right', value: null, source: FROM_DEFAULT })
  })

  it.for([
    ['a dotted key', 'a = 1\nsync.format = "batch"\n', 2],
    ['a table in one line', 'sync = { format = "batch" }\n', 1],
    ['CRLF', '[sync]\r\nformat = "batch"\r\n', 2],
    [
      'a comment and another table that name it',
      '# format = 1\n[a]\nformat = 1\n[sync]\n# format\nformat = "batch"\n',
      6,
    ],
    [
      'a text of several lines that looks like it',
      'a = """\n[sync]\nformat = "xml"\n"""\n[sync]\nformat = "batch"\n',
      6,
    ],
    ['a key in quotes', '[sync]\n"format" = "batch"\n', 2],
    ['a key with an escape', '[sync]\n"form\\u0061t" = "batch"\n', null],
  ] as const)('a line that is told: %s', async ([, config, line]) => {
    const column = line === null ? null : (config.split('\n')[line - 1]?.indexOf('"batch"') ?? -1) + 1
    expect(await get('sync.format', config)).toEqual({
      state: 'right',
      value: 'batch',
      source: { kind: 'file', path: file, line, column },
    })
  })
})

it('a switch with a text that is neither on nor off counts as off, and that is said', async () => {
  const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: 'ture', SPEC_KITTY_SYNC_DISABLE: ' enabled ' }
  const settings = await readSettings(root, env)
  expect([settings.get('sync.hosted'), settings.get('sync.disabled')]).toMatchObject([
    { state: 'right', value: false },
    { state: 'right', value: false },
  ])
  expect(settings.problems).toEqual([
    'hosted sync is off in this shell: SPEC_KITTY_ENABLE_SAAS_SYNC is "ture"; write 1',
    'commands may start the sync daemon: SPEC_KITTY_SYNC_DISABLE is "enabled"; write 1',
  ])
  for (const clear of ['', '1', 'Yes', 'on', '0', 'false', 'NO', 'n', 'off']) {
    const { problems } = await readSettings(root, { SPEC_KITTY_ENABLE_SAAS_SYNC: clear })
    expect([clear, problems]).toEqual([clear, []])
  }
})

describe('a wrong value is one line that says where and what it must be:', () => {
  const URL_WORDS = 'must be an http or https URL without user, query and fragment'

  it.for([
    ['sync.max_queue_size', 'max_queue_size = "many"', 'not "many"'],
    ['sync.max_queue_size', 'max_queue_size = 0', 'from 1 to 1000000000, not 0'],
    ['sync.max_queue_size', 'max_queue_size = 1.5', 'not 1.5'],
    ['sync.max_queue_size', 'max_queue_size = true', 'not true'],
    ['sync.format', 'format = "xml"', 'must be "batch" or "cloudevents", not "xml"'],
    ['sync.format', 'format = ["batch"]', 'not ["batch"]'],
    ['sync.background_daemon', 'background_daemon = "maybe"', 'must be "auto" or "manual", not "maybe"'],
    ['sync.server_url', 'server_url = "ftp://a.example"', URL_WORDS],
    ['sync.server_url', 'server_url = "https://user:pass@a.example"', URL_WORDS],
    ['sync.server_url', 'server_url = "https://a.example/?token=pass"', URL_WORDS],
    ['sync.server_url', 'server_url = "a.example"', URL_WORDS],
    ['sync.server_url', 'server_url = 5', URL_WORDS],
  ] as const)('%s, %s', async ([key, line, words]) => {
    writeFileSync(file, `[sync]\n${line}\n`)
    const settings = await readSettings(root, {})
    const [problem = '', more] = settings.problems
    expect([problem.split('\n').length, more]).toEqual([1, undefined])
    expect(problem).toContain(words)
    expect(problem).toContain(`${key} `)
    expect(problem).toContain(`(${file}, line 2, column ${line.indexOf('=') + 3})`)
    expect(problem).not.toContain('pass')
    expect(settings.get(key)).toMatchObject({ state: 'wrong', problem })
    expect(() => requireSetting(settings, key)).toThrow(CommandError)
  })

  it('of a variable too, which is not shown where it may hold a password', async () => {
    const { problems } = await readSettings(root, { SPEC_KITTY_SAAS_URL: 'https://u:secret@a.example' })
    expect(problems).toEqual([`SPEC_KITTY_SAAS_URL ${URL_WORDS}, not "https://...@a.example"`])
  })

  it.each([
    ['127.0.0.1:8080', '"127.0.0.1:8080": write http:// or https:// before it'],
    ['localhost:8080', '"localhost:8080": write http:// or https:// before it'],
    ['ftp://a.example', '"ftp://a.example"'],
    ['u:secret@a.example', '"...@a.example": write http:// or https:// before it'],
    ['https://u:se#cr/et@a.example/x', '"https://...@a.example/x"'],
    ['https://a.example/?token=secret', '"https://a.example/?..."'],
    ['https://a.example/#secret', '"https://a.example/#..."'],
    ['http//u:secret@a.example?token=secret', '"...@a.example?...": write http:// or https:// before it'],
  ])('of a URL with what it lacks, and without what may be secret: %s', async (url, words) => {
    const { problems } = await readSettings(root, { SPEC_KITTY_SAAS_URL: url })
    expect(problems).toEqual([`SPEC_KITTY_SAAS_URL ${URL_WORDS}, not ${words}`])
  })

  it('and every other setting keeps its value', async () => {
    writeFileSync(file, '[sync]\nformat = "xml"\nmax_queue_size = 7\n')
    const settings = await readSettings(root, {})
    expect(requireSetting(settings, 'sync.max_queue_size')).toBe(7)
  })
})

describe('a file that cannot be read is one line, and every setting that could be in it is wrong:', () => {
  it.for([
    [
      'no TOML',
      () => writeFileSync(file, '[sync]\nformat = batch\n'),
      'line 2, column 10: invalid value: text needs quotes',
    ],
    [
      'a key that stands twice',
      () => writeFileSync(file, '[sync]\nformat = "batch"\nformat = "batch"\n'),
      'line 3, column ',
    ],
    [
      'a section that is no table',
      () => writeFileSync(file, 'sync = 5\n'),
      'sync must be a table, not number',
    ],
    ['a directory', () => mkdirSync(file), 'it is not a file'],
    ['a link that goes in a circle', () => symlinkSync('config.toml', file), 'ELOOP'],
  ] as const)('%s', async ([, make, why]) => {
    make()
    const settings = await readSettings(root, { SPEC_KITTY_SAAS_URL: 'https://a.example' })
    expect(settings.problems).toEqual([expect.stringContaining(`${file} cannot be read: ${why}`)])
    expect(settings.get('sync.format')).toMatchObject({ state: 'wrong', problem: settings.problems[0] })
    // What the environment says does not depend on the file.
    expect(requireSetting(settings, 'sync.server_url')).toBe('https://a.example')
    expect(requireSetting(settings, 'sync.hosted')).toBe(false)
  })
})
