import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { dashboardsOf, healthOn, lineOf, lives, processOf, signal, until } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { FROM, makeDashboardTestEnv, recorded, recordIn, TO, type DashboardTestEnv } from './dashboards.js'

/** `dashboard`: start, find, status, stop. Every wrong flag and combination is in `cli/dashboard-usage`. */
let place: DashboardTestEnv
let project: string

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('project')
})

afterEach(() => place.end())

const ESCAPE = '\u001b'

/** One line on stderr, nothing on stdout, nothing started; with --json the same as an object. */
async function expectRefusal(args: readonly string[], code: string, cwd = project, status = 2) {
  const plain = await place.run(cwd, args)
  expect([args, plain.status, plain.stdout]).toEqual([args, status, ''])
  expect(plain.stderr).toBe(`${lineOf(plain.stderr)[0]}\n`)
  const { status: again, document } = await place.json(cwd, args)
  expect([again, document.ok, document.error.code]).toEqual([status, false, code])
  expect(document.schema_version).toBe(3)
  expect(dashboardsOf(place.base)).toEqual([])
  return plain.stderr
}

describe('dashboard', () => {
  it('starts one, finds it, shows it, and stops it', async () => {
    const none = await place.json(project, ['dashboard', '--status'])
    expect([none.status, none.document.state, none.document.url]).toEqual([0, 'none', null])
    const first = await place.json(project, ['dashboard'])
    const { pid, port, url } = recorded(project)
    expect(first.document).toEqual({
      schema_version: 3,
      outcome: 'started',
      start_reason: 'first_start',
      replaced_version: null,
      project,
      url: `${url}/`,
      pid,
      port,
      package_version: expect.any(String),
      protocol_version: expect.any(Number),
    })
    const second = await place.json(project, ['dashboard'])
    expect(second.document).toEqual({ ...first.document, outcome: 'found', start_reason: null })
    const shown = await place.json(project, ['dashboard', '--status'])
    expect(shown.document).toMatchObject({ state: 'running', pid, port, url: `${url}/`, last_stop: null })
    expect((await place.run(project, ['dashboard', '--status'])).stdout).toContain(`${url}/ (process ${pid}`)
    const stopped = await place.json(project, ['dashboard', '--stop'])
    expect(stopped.document).toMatchObject({ outcome: 'stopped', pid, port, cleanup_path: 'http_shutdown' })
    expect([dashboardsOf(project), listenersOn(FROM, TO)]).toEqual([[], []])
    const after = await place.json(project, ['dashboard', '--status'])
    expect(after.document).toMatchObject({ state: 'stopped', last_stop: { reason: 'operator_stop' } })
  })

  it('finds the project from a directory in it, and through a link', async () => {
    const below = join(project, 'kitty-specs', 'deep')
    mkdirSync(below, { recursive: true })
    const { pid } = await place.start(project)
    expect((await place.json(below, ['dashboard'])).document).toMatchObject({ outcome: 'found', pid })
  })

  it('has nothing to stop where nothing runs, and that is no failure', async () => {
    const { status, stdout, stderr } = await place.run(project, ['dashboard', '--stop'])
    expect([status, stdout, stderr]).toEqual([0, 'nothing to stop\n', ''])
    const { document } = await place.json(project, ['dashboard', '--stop'])
    expect(document).toEqual({ schema_version: 3, outcome: 'none' })
  })

  it('says that one does not answer, with the command that ends it', async () => {
    const dashboard = await place.start(project)
    signal(dashboard, 'SIGSTOP')
    // Each waits for an answer that does not come: at the same time.
    const [{ status, stdout }, shown, started] = await Promise.all([
      place.run(project, ['dashboard', '--status']),
      place.json(project, ['dashboard', '--status']),
      place.json(project, ['dashboard']),
    ])
    expect(status).toBe(1)
    expect(stdout).toContain('does not answer: spec-kitty dashboard --stop\n')
    expect(shown.document).toMatchObject({ state: 'wedged', pid: dashboard.pid, port: dashboard.port })
    expect([started.status, started.document.error]).toMatchObject([
      1,
      { code: 'E_DAEMON_UNRESPONSIVE', remediation: 'spec-kitty dashboard --stop' },
    ])
    expect(lives(dashboard)).toBe(true)
    const stopped = await place.json(project, ['dashboard', '--stop'])
    expect([stopped.status, stopped.document.outcome, lives(dashboard)]).toEqual([0, 'stopped', false])
  })

  it('is opened in the browser that BROWSER names; without one it says so and goes on', async () => {
    const opened = join(place.base, 'opened')
    const browser = join(place.base, 'browser')
    writeFileSync(browser, `#!/bin/sh\necho "$@" > '${opened}'\n`)
    chmodSync(browser, 0o755)
    const ran = await place.run(project, ['dashboard', '--open'], { env: { BROWSER: browser } })
    const { url } = recorded(project)
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, `${url}/\n`, ''])
    expect(readFileSync(opened, 'utf8')).toBe(`${url}/\n`)
    for (const missing of ['/nonexistent', '/etc/passwd/below', place.base]) {
      const none = await place.run(project, ['dashboard', '--open'], { env: { BROWSER: missing } })
      expect([none.status, none.stdout, lineOf(none.stderr).length]).toEqual([0, `${url}/\n`, 1])
    }
  })
})

describe('dashboard --port', () => {
  it('starts on that very port; another one later is not what runs, and that is said', async () => {
    const { status, stdout } = await place.run(project, ['dashboard', '--port', '9300'])
    expect([status, stdout]).toEqual([0, 'http://127.0.0.1:9300/\n'])
    const other = await place.run(project, ['dashboard', '--port', '9301'])
    expect([other.status, other.stdout]).toEqual([0, 'http://127.0.0.1:9300/\n'])
    expect(other.stderr).toBe(
      'spec-kitty: the dashboard of this project runs already, on port 9300; to move it:\nspec-kitty dashboard --stop && spec-kitty dashboard --port 9301\n',
    )
    expect(listenersOn(FROM, TO)).toEqual([{ port: 9300 }])
  })

  it('that another program has is no port to move it to: nothing is offered, and it goes on', async () => {
    await place.run(project, ['dashboard', '--port', '9300'])
    const other = (await spawnHostile('http', 9301)).pid
    const taken = `spec-kitty: port 9301 is in use by another program, process ${other}, node (third_party): the dashboard of this project: http://127.0.0.1:9300/`
    for (const more of [[], ['--foreground']]) {
      const ran = await place.run(project, ['dashboard', ...more, '--port', '9301'])
      expect([ran.status, ran.stdout, ran.stderr.startsWith(taken)]).toEqual([1, '', true])
      expect(ran.stderr).not.toContain('--stop')
    }
    const { status, document } = await place.json(project, ['dashboard', '--port', '9301'])
    expect([status, document.error.code]).toEqual([1, 'E_PORT_IN_USE'])
    expect(listenersOn(FROM, TO)).toHaveLength(2)
  })

  it('refuses one that is not in the range', async () => {
    await expectRefusal(['dashboard', '--port=9337'], 'E_USAGE')
  })

  it('that is in use starts nothing and takes no other', async () => {
    const other = processOf((await spawnHostile('http', 9300)).pid)
    const said = await expectRefusal(['dashboard', '--port', '9300'], 'E_PORT_IN_USE', project, 1)
    expect(said).toContain(`port 9300 is in use by another program, process ${other.pid}, node (`)
    expect([listenersOn(FROM, TO), lives(other)]).toEqual([[{ port: 9300 }], true])
  })
})

describe('what cannot be combined', () => {
  it('is refused in one line', async () => {
    await expectRefusal(['dashboard', '--foreground', '--cleanup-all'], 'E_USAGE')
  })

  it('--foreground prints no document', async () => {
    const { status, stdout } = await place.run(project, ['dashboard', '--foreground', '--json'])
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, 'E_USAGE'])
  })
})

describe('where there is no project', () => {
  it('the command says what to do; the clean-up needs none', async () => {
    const said = await expectRefusal(['dashboard'], 'E_USAGE', place.home)
    expect(said).toContain("'spec-kitty init' makes one")
    expect((await place.run(place.home, ['dashboard', '--cleanup-all', '--yes'])).status).toBe(0)
  })

  it('because it was removed below the command: one line', async () => {
    const prefix = ['sh', '-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh']
    const { status, stdout, stderr } = await place.run(place.base, ['dashboard'], { prefix })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      'spec-kitty: the working directory does not exist any more (see spec-kitty dashboard --help)\n',
    )
  })
})

describe('the output', () => {
  it('has no colours in a pipe, or with NO_COLOR, and has them with FORCE_COLOR', async () => {
    await place.start(project)
    const scan = ['dashboard', '--cleanup-all', '--dry-run']
    expect((await place.run(project, scan)).stdout).not.toContain(ESCAPE)
    expect((await place.run(project, scan, { env: { FORCE_COLOR: '1' } })).stdout).toContain(ESCAPE)
    const both = { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }
    expect((await place.run(project, scan, both)).stdout).not.toContain(ESCAPE)
  })

  it('may go to a reader that had enough, and keeps no $(...) waiting', async () => {
    const shell = (script: string) => ({ prefix: ['bash', '-c', script, 'bash'] })
    const closed = await place.run(project, ['dashboard'], shell('"$@" | true; echo "${PIPESTATUS[0]}"'))
    expect([closed.stdout, closed.stderr]).toEqual(['0\n', ''])
    const held = await place.run(project, ['dashboard'], shell('exec 20>&1; echo "got $("$@")"'))
    expect(held.stdout).toBe(`got ${recorded(project).url}/\n`)
  })
})

describe('a dashboard', () => {
  it('starts no sync daemon and contacts no server, however hosted sync is set up', async () => {
    let connections = 0
    const server = createServer((_request, response) => response.end('{}'))
    server.on('connection', () => (connections += 1))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const root = place.env['SPEC_KITTY_HOME'] ?? ''
    writeFileSync(
      join(root, 'session.json'),
      JSON.stringify({ server_url: url, principal: 'somebody@example.org', token: 'secret' }),
    )
    writeFileSync(join(root, 'config.toml'), `[sync]\nserver_url = "${url}"\nbackground_daemon = "auto"\n`)
    const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_SAAS_URL: url }
    const { port } = await place.start(project, { env })
    for (const page of ['', 'api/missions', 'api/daemons', 'api/health'])
      await fetch(`http://127.0.0.1:${port}/${page}`).then((reply) => reply.text())
    await place.run(project, ['init'], { env })
    await place.run(project, ['dashboard', '--status'], { env })
    expect(await until(() => connections > 0 || listenersOn(9400, 9450).length > 0, 1_500)).toBe(false)
    expect(await healthOn(port)).toMatchObject({ sync: { running: false } })
    expect((await place.run(project, ['dashboard', '--stop'], { env })).status).toBe(0)
    server.closeAllConnections()
    server.close()
  })

  it('has a record that only its user can read, and writes nothing else into the project', async () => {
    await place.start(project)
    const directory = join(project, '.kittify', 'daemon')
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777])
    const names = ['.gitignore', 'daemon.lock', 'lifecycle.lock', 'record.json']
    expect(modes).toEqual(names.map((name) => [name, 0o600]))
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(project, '.kittify'))).toEqual(['daemon'])
    expect(readdirSync(project)).toEqual(['.kittify'])
    expect(recordIn(project)).toMatchObject({ scope: project, family: 'dashboard', state: 'running' })
  })
})
