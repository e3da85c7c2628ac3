import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lineOf, makeRoot, type SyncRoot } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/** `sync opt-in`, `sync opt-out`, `config list` and `config get`, as a user runs them. */
let root: SyncRoot
let project: string
let file: string

beforeEach(() => {
  root = makeRoot()
  project = join(root.base, "it's a project")
  file = join(project, '.kittify', 'config.yaml')
  mkdirSync(join(project, '.kittify', 'deeper'), { recursive: true })
})

afterEach(() => root.end())

const ON = 'SPEC_KITTY_ENABLE_SAAS_SYNC'

function signIn(): void {
  const login = ['auth', 'login', '--with-token', '--server', 'http://127.0.0.1:9']
  expect(root.run(login, { input: 'a-token' }).status).toBe(0)
}

const OURS = '# ours\r\nproject:\r\n  uuid: u-1 # theirs\r\nsync: {auto_start: true}\r\n'

describe('sync opt-in and sync opt-out', () => {
  it('say that a daemon that runs looks at once, because it may have sent all a moment later', () => {
    const optIn = (...variables: readonly string[]) =>
      root.run(['sync', 'opt-in', project], { env: Object.fromEntries(variables.map((one) => [one, '1'])) })
    const staying = (why: string) => `they stay on this machine for now: ${why} (spec-kitty sync status)\n`
    root.start()
    expect(optIn().stderr).toContain(staying('hosted sync is off'))
    root.run(['sync', 'opt-out', project])
    // The daemon keeps the variable of its start.
    expect(optIn(ON).stderr).toContain(staying('hosted sync is off'))
    root.run(['sync', 'opt-out', project])
    root.run(['sync', 'restart'], { env: { [ON]: '1' } })
    expect(optIn().stderr).toContain(staying('you are not signed in'))
    root.run(['sync', 'opt-out', project])
    signIn()
    expect(optIn().stderr).toContain(
      'the sync daemon sends them now, if nothing else is in the way (spec-kitty sync status)\n',
    )
    expect(root.run(['sync', 'opt-in', project]).stderr).not.toContain('sends them now')
    expect(root.run(['sync', 'opt-out', project]).stderr).not.toContain('sends them now')
  })

  it('say which events stay although this project may send now', () => {
    const publish = (...flags: readonly string[]) =>
      root.run(['sync', 'publish', '--type', 'T', '--project', project, ...flags])
    // It also says nothing with -q where all went well.
    expect(publish('-q').stdout).toBe('')
    const moved = join(root.base, 'moved')
    renameSync(project, moved)
    root.start()
    const { stderr } = root.run(['sync', 'opt-in', moved])
    expect(stderr).toContain(
      `1 other event stays here, ${project} is not there any more: spec-kitty explain project_missing`,
    )
    expect(stderr).not.toContain('sends them now')
  })

  it('name three of the projects whose events stay, count the others, and say what leaves', () => {
    const publish = (directory: string) => {
      mkdirSync(join(directory, '.kittify'), { recursive: true })
      root.run(['sync', 'publish', '--type', 'T', '--project', directory])
    }
    for (const at of [1, 2, 3, 4, 5]) {
      publish(join(root.base, `gone-${at}`))
      renameSync(join(root.base, `gone-${at}`), join(root.base, `moved-${at}`))
    }
    publish(join(root.base, 'gone-5-too'))
    renameSync(join(root.base, 'gone-5-too'), join(root.base, 'moved-5-too'))
    publish(project)
    signIn()
    root.start({ env: { [ON]: '1' } })
    const { status, stderr } = root.run(['sync', 'opt-in', project])
    expect(status).toBe(0)
    expect(stderr.match(/^1 other event stays here, .* is not there any more/gm)).toHaveLength(3)
    expect(stderr).toContain('3 other events stay here, of 3 more projects: ')
    expect(stderr).toContain('the sync daemon sends them now')
  })

  it('change one value in the file of the project, and say which', () => {
    writeFileSync(file, OURS)
    const given = root.run(['sync', 'opt-in', project])
    expect(given).toMatchObject({
      status: 0,
      stdout: `events of ${project} may leave this machine\n`,
      stderr: `recorded as sync.enabled: true in ${file}\n`,
    })
    const text = OURS.replace('{auto', '{enabled: true, auto')
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(root.run(['sync', 'opt-in', project]).stdout).toBe(
      `events of ${project} may already leave this machine\n`,
    )
    const refused = root.json(['sync', 'opt-out', project])
    expect([refused.status, refused.stderr, refused.document]).toEqual([
      0,
      '',
      { schema_version: 3, project, consent: 'no', is_changed: true, file },
    ])
    expect(readFileSync(file, 'utf8')).toBe(text.replace('true', 'false'))
  })

  it('find the project of the working directory, upward', () => {
    const shell = makeShell(root)
    const { status, stdout } = shell(
      `cd '${join(root.base, "it'\\''s a project", '.kittify', 'deeper')}' && spec-kitty sync opt-in`,
    )
    expect([status, stdout]).toEqual([0, `events of ${project} may leave this machine\n`])
    const outside = shell(`cd / && spec-kitty sync opt-in`)
    expect([outside.status, lineOf(outside.stderr).length]).toEqual([2, 1])
  })

  it('take no directory for a project that is only in one, and none that is not there', () => {
    for (const [directory, text, hint] of [
      [join(project, '.kittify', 'deeper'), 'is not a project', `the project that it is in is ${project}`],
      [root.base, 'is not a project', `to make it one: spec-kitty init ${root.base}`],
      [join(root.base, 'nowhere'), 'does not exist', 'spec-kitty explain project_missing'],
      ['/etc/passwd', 'is a file', null],
    ] as const) {
      const { status, document } = root.json(['sync', 'opt-in', directory])
      expect([status, document.error.code, document.error.remediation]).toEqual([2, 'E_NO_PROJECT', hint])
      expect(document.error.message).toContain(`${directory} ${text}`)
    }
  })

  it('follow a link to the project, and record it in the project', () => {
    const link = join(root.base, 'link')
    symlinkSync(project, link)
    expect(root.json(['sync', 'opt-in', link]).document).toMatchObject({ project, file })
  })

  it('leave a broken file as it is', () => {
    writeFileSync(file, 'sync: [\n')
    const { status, document, stderr } = root.json(['sync', 'opt-out', project])
    expect([status, document.error.code]).toEqual([1, 'E_PROJECT_CONFIG_UNUSABLE'])
    expect(document.error.message).toContain(`${file} cannot be used: line 2, column 1: `)
    expect([lineOf(stderr).length, readFileSync(file, 'utf8')]).toEqual([1, 'sync: [\n'])
  })
})

describe('config list', () => {
  it('shows every setting with its value and where it comes from', () => {
    mkdirSync(root.path)
    const config = join(root.path, 'config.toml')
    writeFileSync(config, '[sync]\nserver_url = "https://sync.example.org"\nmax_queue_size = 7\n')
    const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    const { status, document } = root.json(['config', 'list'], { env })
    const found = Object.fromEntries(document.settings.map((one: any) => [one.key, one]))
    const rest = { variable: null, file: null, line: null, problem: null }
    expect([status, document.problems]).toEqual([0, []])
    expect(found).toMatchObject({
      root: { ...rest, value: root.path, source: 'environment', variable: 'SPEC_KITTY_HOME' },
      'sync.hosted': { ...rest, value: true, source: 'environment', variable: 'SPEC_KITTY_ENABLE_SAAS_SYNC' },
      'sync.server_url': {
        ...rest,
        value: 'https://sync.example.org',
        source: 'file',
        file: config,
        line: 2,
      },
      'sync.max_queue_size': { ...rest, value: 7, source: 'file', file: config, line: 3 },
      'sync.format': { ...rest, value: 'batch', source: 'default' },
    })
    const { stdout } = root.run(['config', 'list'], { env })
    expect(stdout).toContain(`sync.max_queue_size     7 `)
    expect(stdout).toMatch(new RegExp(`  config\\.toml +${config}, line 3$`, 'm'))
    expect(root.run(['config', 'list']).stderr).toBe('')
    expect(stdout).toMatch(/^sync\.hosted +true +SPEC_KITTY_ENABLE_SAAS_SYNC +SPEC_KITTY_ENABLE_SAAS_SYNC$/m)
  })

  it('names what is wrong, each once, and exits with 1', () => {
    mkdirSync(root.path)
    writeFileSync(join(root.path, 'config.toml'), '[sync]\nformat = "xml"\n')
    const { status, stdout } = root.run(['config', 'list'])
    const wrong = stdout.split('\n').filter((line) => line.startsWith('wrong: '))
    expect([status, wrong.length]).toEqual([1, 1])
    expect(wrong[0]).toContain('sync.format must be "batch" or "cloudevents", not "xml"')
    writeFileSync(join(root.path, 'config.toml'), '[sync\n')
    const { document } = root.json(['config', 'list'])
    expect(document.problems).toEqual([
      expect.stringContaining('config.toml cannot be read: line 1, column '),
    ])
  })
})

describe('config get', () => {
  it('prints the value alone, exits with 1 for one that is not set, and with 2 for one that is wrong or unknown', () => {
    const size = root.run(['config', 'get', 'sync.max_queue_size'])
    expect(size).toMatchObject({ status: 0, stdout: '100000\n', stderr: 'from: default\n' })
    expect(root.run(['config', 'get', 'sync.server_url'])).toMatchObject({ status: 1, stdout: '' })
    expect(root.json(['config', 'get', 'sync.server_url']).document).toMatchObject({
      value: null,
      source: 'default',
    })
    signIn()
    expect(root.run(['config', 'get', 'sync.server_url'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'sync.server_url is not set: events go to the server of the session, http://127.0.0.1:9 (spec-kitty auth status)\n',
    })
    const env = { SPEC_KITTY_SAAS_URL: 'https://user:secret@sync.example.org' }
    const wrong = root.run(['config', 'get', 'sync.server_url'], { env })
    expect([wrong.status, wrong.stdout, lineOf(wrong.stderr).length]).toEqual([2, '', 1])
    expect(wrong.stderr).not.toContain('secret')
    for (const [typed, meant] of [
      ['hosted', 'sync.hosted'],
      ['server-url', 'sync.server_url'],
      ['sync.formt', 'sync.format'],
    ] as const)
      expect(root.run(['config', 'get', typed]).stderr).toContain(
        `there is no setting '${typed}': did you mean '${meant}'?`,
      )
    for (const args of [['no.such'], [], ['root', 'sync.format']]) {
      expect([args, root.run(['config', 'get', ...args]).status]).toEqual([args, 2])
    }
  })
})
