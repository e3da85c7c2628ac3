import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { expectValid } from '../helpers/schemas.js'

/** What a command with --json prints if Ctrl+C ends it. */
let home: string

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-ctrl-')))
})

afterEach(() => rmSync(home, { recursive: true }))

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { env: smallEnvironment({ HOME: home }), stdio: 'pipe' })
}

/** Interrupts a process when `ready` resolves, and returns what it printed. */
async function interrupt(child: ChildProcess, ready: Promise<unknown>) {
  const said = { out: '', err: '' }
  child.stdout?.on('data', (text) => (said.out += String(text)))
  child.stderr?.on('data', (text) => (said.err += String(text)))
  await ready
  child.kill('SIGINT')
  const [status] = await once(child, 'close')
  return { status, ...said }
}

describe('Ctrl+C with --json', () => {
  it('prints a failure, if the command has printed nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const child = start([CLI, 'auth', 'login', '--json', '--server', `http://127.0.0.1:${port}`])
      const { status, out, err } = await interrupt(child, once(server, 'request'))
      expect([status, err]).toEqual([
        130,
        'spec-kitty: interrupted; to see what was done: spec-kitty auth status\n',
      ])
      const document = JSON.parse(out)
      expectValid('error', document)
      expect(document.error).toEqual({
        code: 'E_INTERRUPTED',
        message: 'interrupted',
        remediation: 'to see what was done: spec-kitty auth status',
      })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('prints none after the lines of a log, which has no other end', async () => {
    const directory = join(home, '.spec-kitty/daemons/sync')
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'daemon.log'), '{"at":"2026-11-29T10:00:00.000Z","event":"idle"}\n')
    const child = start([CLI, 'sync', 'logs', '--follow', '--json'])
    const { status, out } = await interrupt(child, once(child.stdout!, 'data'))
    expect([status, out]).toEqual([130, '{"at":"2026-11-29T10:00:00.000Z","event":"idle"}\n'])
  })

  const LIBRARY = new URL('../../../familiar/lib/cli/index.js', import.meta.url).href

  it.each([
    ['a document is printed', '', []],
    ['it is one of several lines', "io.onInterrupt(() => 'the rest goes on');", ['E_INTERRUPTED']],
  ])('where %s', async (_, before, codes) => {
    const program = `import { runOnProcess } from ${JSON.stringify(LIBRARY)}
await runOnProcess({ program: 'tool', help: 'tool', argv: ['--json'] }, (args, io) => {
  ${before}
  io.out('{"error":{}}\\n')
  return new Promise(() => setInterval(() => undefined, 1000))
})`
    const child = start(['--input-type=module', '--eval', program])
    const { status, out } = await interrupt(child, once(child.stdout!, 'data'))
    const lines = out.trimEnd().split('\n').slice(1)
    expect([status, lines.map((line) => JSON.parse(line).error.code)]).toEqual([130, codes])
  })
})
