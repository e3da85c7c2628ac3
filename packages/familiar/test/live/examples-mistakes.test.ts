import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { leaveNoUsers, makeUser, type Installed, type User } from '../helpers/examples.js'
import { listenersOn } from '../helpers/machine.js'

leaveNoUsers()

/**
 * Mistakes of an author that pass every daily use and would break at the user's first upgrade: each must be told by the
 * first start. The tool is the example previewd, installed from the tarball, with one thing wrong.
 */
let user: User
let tool: Installed

beforeEach(() => {
  user = makeUser()
  tool = user.install('previewd')
})

function replaceIn(file: string, text: string, other: string): void {
  const path = join(tool.directory, file)
  const before = readFileSync(path, 'utf8')
  expect(before).toContain(text)
  writeFileSync(path, before.replace(text, other))
}

/** What the author's program gets from its first `connect`. */
const CONNECT = `
  import { previewd } from './daemon.js'
  const told = await previewd.connect({ start: true }).then(
    ({ started, port }) => ({ started, port }),
    ({ code, message, hint }) => ({ code, message, hint }),
  )
  console.log(JSON.stringify({ ...told, ports: previewd.ports }))`

async function connect(): Promise<any> {
  const script = join(tool.directory, 'connect.mjs')
  writeFileSync(script, CONNECT)
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env: user.env })
  return JSON.parse(stdout)
}

async function expectRefused(why: RegExp): Promise<void> {
  const told = await connect()
  expect(told).toMatchObject({ code: 'E_DAEMON_UNRECOGNISABLE', message: expect.stringMatching(why) })
  expect(user.processes('previewd')).toEqual([])
  expect(listenersOn(told.ports.from, told.ports.to)).toEqual([])
}

/** Gives `serve.js` a definition of its own, with these options besides. */
function defineAgain(options: string): void {
  const definition = `export const previewd = defineDaemon({ name: 'previewd', entry: import.meta.url, ${options} })`
  writeFileSync(
    join(tool.directory, 'daemon-again.js'),
    `import { defineDaemon } from 'familiar'\n${definition}\n`,
  )
  replaceIn('serve.js', './daemon.js', './daemon-again.js')
}

describe('the first start fails with E_DAEMON_UNRECOGNISABLE if', () => {
  it('the described entry is not the file that runs', async () => {
    const line = "{ role: 'previewd-daemon', scopeFlag: '--previewd-scope=', entry: /.*previewd-serve\\.js/ }"
    replaceIn('daemon.js', 'predecessors:', `commandLine: ${line}, predecessors:`)
    await expectRefused(
      /later versions would not recognise .* none of the described forms: .*serve\.js previewd-daemon --previewd-scope=/,
    )
  })

  it('the daemon has another flag for its scope than the command', async () => {
    defineAgain("commandLine: { role: 'previewd-daemon', scopeFlag: '--preview-scope=' }")
    await expectRefused(/its command line has no previewd-daemon --preview-scope=/)
  })

  it('the daemon has another role than the command', async () => {
    defineAgain("commandLine: { role: 'preview', scopeFlag: '--previewd-scope=' }")
    await expectRefused(/its command line has no preview --previewd-scope=/)
  })

  it('the daemon has other ports than those that commands scan', async () => {
    defineAgain('ports: { from: 29_000, to: 29_010 }')
    await expectRefused(/listens on port 29000, not on one of \d+ to \d+$/)
    expect(listenersOn(29_000, 29_010)).toEqual([])
  })
})

describe('what the author adds to the health reply', () => {
  it('cannot hide who the daemon is', async () => {
    const health = "{ status: 'x', daemon_family: null, owner: { pid: null, port: 1 }, pages: 7 }"
    replaceIn('daemon.js', 'predecessors:', `health: () => (${health}), predecessors:`)
    const { started, port } = await connect()
    expect(started).toBe(true)
    const reply = await fetch(`http://127.0.0.1:${port}/api/health`)
    const [pid] = user.processes('previewd-daemon')
    const scope = user.state('previewd')
    expect(await reply.json()).toMatchObject({
      status: 'ok',
      daemon_family: 'previewd',
      singleton_scope_id: scope,
      owner: { pid, port },
      pages: 7,
    })
    const previewd = await tool.load('previewd')
    expect(await previewd.status()).toMatchObject({ state: 'running', pid, port })
  })
})
