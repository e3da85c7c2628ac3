import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.js'
import { watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { userOf } from '../helpers/previewd.js'

/** `doctor` of a tool of a few lines, with a daemon for each project. */
const ports = portsOf('cli/doctor')
const user = userOf(ports, { PREVIEWD_SCOPE: 'project' })
const here = user.project('here')

const CLEAN = {
  commands: ['previewd doctor --reset'],
  description: 'ends what is proven stale',
  safe: true,
}

/** Starts the daemon of a project. Returns its pid and port, and whether it lives. */
function daemonIn(cwd: string) {
  const { pid, port } = user.json(['start'], { cwd }).document
  return { pid, port, isAlive: watch(pid) }
}

/** Runs `work` while another program's web server listens in the range. */
async function withWebServer(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => response.end('a web page'))
  server.listen(ports.to - 1, '127.0.0.1')
  await once(server, 'listening')
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    server.close()
    await once(server, 'close')
  }
}

describe('doctor', () => {
  it('of a machine with one daemon finds no problem', () => {
    const { pid, port } = daemonIn(here)
    const [text, json] = user.each([['doctor'], ['doctor', '--json']], {}, here)
    expect([text?.status, text?.stderr]).toEqual([0, ''])
    expect(text?.stdout).toContain(
      `project  ${here}\ndaemon   process ${pid}, port ${port}, version 1.0.0, answers\n`,
    )
    expect(text?.stdout).toMatch(
      new RegExp(`^\\* +${pid} +${port} +1\\.0\\.0 +never_touch +the live daemon of its project`, 'm'),
    )
    const document = JSON.parse(json?.stdout ?? '')
    expect(Object.keys(document)).toEqual([
      'schema_version',
      'generated_at',
      'scope',
      'daemon',
      'orphans',
      'candidates',
      'findings',
    ])
    expect(document).toMatchObject({ scope: here, daemon: { active: true, pid }, orphans: [], findings: [] })
  })

  it('says that there is none', () => {
    const { status, document } = user.json(['doctor'], { cwd: here })
    expect([status, document.daemon, document.candidates]).toEqual([0, null, []])
    expect(document.findings).toEqual([
      { id: 'F-005', severity: 'info', summary: 'no previewd daemon', remediation: null },
    ])
  })

  it('outside of a project says so in one line', () => {
    const { status, stderr } = user.run(['doctor'])
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^previewd: [^\n]+ is not in a project [^\n]+\n$/),
    ])
  })

  it('shows the web server of another program and leaves it, whatever it is told', async () => {
    await withWebServer(async (port) => {
      const lines = [[], ['--reset'], ['--reset', '--force'], ['--reset', '--force', '--port', String(port)]]
      // The server is in this process, which must not block while the doctor asks it.
      const each = JSON.stringify(lines.map((more) => ['doctor', '--json', ...more]))
      const child = user.begin([], { PREVIEWD_SCOPE: 'user', PREVIEWD_EACH: each })
      let out = ''
      child.stdout?.on('data', (chunk) => (out += String(chunk)))
      await once(child, 'close')
      const said = out.split('\0')
      for (const [index, more] of lines.entries()) {
        const { candidates, orphans, reset_result: result } = JSON.parse(said[2 * index] ?? '')
        expect([Number(said[2 * index + 1]), orphans, result?.swept ?? [], result?.failed ?? []]).toEqual([
          0,
          [],
          [],
          [],
        ])
        // What was named is told, and why it was left.
        const named = {
          pid: process.pid,
          port,
          cleanup_class: 'never_touch',
          skip_reason: 'third_party',
          in_use_by: null,
        }
        expect(result?.skipped ?? []).toEqual(more.includes('--port') ? [named] : [])
        expect(candidates).toEqual([
          expect.objectContaining({
            port,
            pid: process.pid,
            daemon_family: null,
            cleanup_class: 'never_touch',
            skip_reason: 'third_party',
            remedy: null,
          }),
        ])
        expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('a web page')
      }
    })
  })
})

describe('an orphan', () => {
  it('whose project was deleted is shown, and ended by --reset without a question', () => {
    const gone = user.project('gone')
    const orphan = daemonIn(gone)
    const live = daemonIn(here)
    rmSync(gone, { recursive: true })
    const [seen, dry] = user
      .each(
        [
          ['doctor', '--json'],
          ['doctor', '--reset', '--dry-run', '--json'],
        ],
        {},
        here,
      )
      .map(({ stdout }) => JSON.parse(stdout))
    expect(seen.orphans).toEqual([
      expect.objectContaining({
        pid: orphan.pid,
        port: orphan.port,
        daemon_root: gone,
        cleanup_class: 'safe_auto',
        stale_evidence: expect.arrayContaining(['project_gone']),
        remedy: CLEAN,
      }),
    ])
    expect(seen.findings).toEqual([
      {
        id: 'F-002',
        severity: 'warn',
        summary: 'orphaned previewd daemons: 1 can be ended',
        remediation: { command: 'previewd doctor --reset', ...CLEAN },
      },
    ])
    expect(dry.reset_result).toMatchObject({
      swept: [],
      dry_run: true,
      would_sweep: [{ pid: orphan.pid }],
    })
    expect(orphan.isAlive()).toBe(true)

    const { status, stdout, stderr } = user.run(['doctor', '--reset'], { cwd: here })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`ended port ${orphan.port} (process ${orphan.pid}, `)
    expect(stdout).toMatch(/^swept: 1 · skipped: 0 \(operator_required\) · failed: 0$/m)
    expect([orphan.isAlive(), live.isAlive()]).toEqual([false, true])
    const after = user.json(['doctor', '--reset'], { cwd: here }).document
    expect([after.orphans, after.reset_result.swept]).toEqual([[], []])
  })

  it('is ended with --json too, and only the one on the port that is named', () => {
    const [one, other] = ['one', 'other'].map((name) => {
      const directory = user.project(name)
      const daemon = daemonIn(directory)
      rmSync(directory, { recursive: true })
      return daemon
    })
    daemonIn(here)
    const { status, document } = user.json(['doctor', '--reset', '--port', String(one?.port)], { cwd: here })
    expect(status).toBe(0)
    expect(document.reset_result.swept).toEqual([
      {
        pid: one?.pid,
        port: one?.port,
        package_version: '1.0.0',
        protocol_version: 1,
        reason: expect.stringContaining('project_gone'),
        cleanup_path: expect.any(String),
      },
    ])
    expect([one?.isAlive(), other?.isAlive()]).toEqual([false, true])
    user.run(['doctor', '--reset'], { cwd: here })
    expect(other?.isAlive()).toBe(false)
  })
})

describe('a daemon that does not answer', () => {
  it('is a critical finding, and the command that is named ends it', async () => {
    const { pid, isAlive } = daemonIn(here)
    process.kill(pid, 'SIGSTOP')
    const { status, document } = user.json(['doctor'], { cwd: here })
    expect(status).toBe(1)
    expect(document.findings).toEqual([
      {
        id: 'F-005',
        severity: 'critical',
        summary: expect.stringContaining(`process ${pid}`),
        remediation: {
          command: 'previewd stop',
          commands: ['previewd stop'],
          description: 'ends it',
          safe: false,
        },
      },
    ])
    expect(user.run(['status'], { cwd: here })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('does not answer: previewd stop'),
    })
    expect(user.run(['stop'], { cwd: here }).status).toBe(0)
    await eventually(() => expect(isAlive()).toBe(false))
  })
})
