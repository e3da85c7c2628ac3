import { randomBytes } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Daemon } from '../../src/define/define-daemon.js'
import { killChildren, startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNoUsers, makeUser, startsIn, type Installed, type User } from '../helpers/examples.js'
import { listenersOn, watch } from '../helpers/machine.js'

leaveNoUsers()

/** Daemons of previewd 0.9, which the example describes as a predecessor, and a web server among its ports. */
const FIXTURES = fileURLToPath(new URL('../fixtures/processes/', import.meta.url))

const HTML = '<h1>Hello</h1>\n'

/** A predecessor's daemon without a record may be starting during its first half minute: it is left alone then. */
const STARTING_MS = 120_000
/** Each look is a whole clean-up. */
const LOOK_MS = 5_000

let user: User
let tool: Installed
let previewd: Daemon
let page: string

beforeEach(async () => {
  user = makeUser()
  tool = user.install('previewd')
  previewd = await tool.load('previewd')
  page = join(user.base, 'page.md')
  writeFileSync(page, '# Hello\n')
  mkdirSync(user.state('previewd'), { recursive: true })
})

afterEach(killChildren)

interface Server {
  readonly pid: number
  readonly port: number
  readonly isAlive: () => boolean
  /** All that it has written: `listening`, and its signals. */
  readonly said: () => string
}

/** Starts a server on the port of the range with that number. */
async function start(
  number: number,
  file: string,
  args: (port: string) => readonly string[],
): Promise<Server> {
  const port = previewd.ports.from + number
  const child = startChild(process.execPath, [join(FIXTURES, file), ...args(String(port))], { env: user.env })
  const said = textOf(child)
  await eventually(() => expect(said()).toBe('listening\n'))
  const pid = child.pid ?? 0
  return { pid, port, isAlive: watch(pid), said }
}

function textOf({ stdout }: ChildProcess): () => string {
  let text = ''
  stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}

const startWebServer = (number: number): Promise<Server> => start(number, 'web-server.mjs', (port) => [port])

/** Each one overwrites the pid file of the one before, as they did. */
function startOld(number: number, home = realpathSync(user.state('previewd'))): Promise<Server> {
  const token = randomBytes(16).toString('hex')
  return start(number, 'previewd-server.js', (port) => ['--port', port, '--token', token, `--home=${home}`])
}

async function render(): Promise<void> {
  expect(await tool.run(['render', page])).toMatchObject({ status: 0, stdout: HTML })
}

const portsInUse = (): readonly number[] =>
  listenersOn(previewd.ports.from, previewd.ports.to)
    .map(({ port }) => port)
    .toSorted((a, b) => a - b)

describe('a daemon of previewd 0.9', () => {
  it('that the pid file names is asked to leave and replaced, and its pid file is kept aside', async () => {
    const web = await startWebServer(0)
    const old = await startOld(1)
    await render()
    expect([old.isAlive(), old.said()]).toEqual([false, 'listening\n'])
    const { state, pid, port } = await previewd.status()
    expect([state, portsInUse()]).toEqual(['running', [web.port, port].toSorted()])
    const replacement = { reason: 'version_mismatch', previous_version: '0.9.3', version: '1.0.0', pid }
    expect(startsIn(previewd.logFile)).toMatchObject([replacement])
    const aside = readdirSync(user.state('previewd')).filter((name) => name.startsWith('previewd.pid'))
    expect(aside).toEqual([expect.stringMatching(/^previewd\.pid\.replaced-/)])
    expect(readFileSync(join(user.state('previewd'), aside[0] ?? ''), 'utf8')).toBe(
      `${old.pid} ${old.port} <redacted>\n`,
    )
    expect([web.isAlive(), web.said()]).toEqual([true, 'listening\n'])
  })

  it('of another home is left alone', async () => {
    const home = join(user.base, 'elsewhere')
    mkdirSync(home)
    const old = await startOld(0, home)
    await render()
    await previewd.cleanUp()
    expect([old.isAlive(), old.said()]).toEqual([true, 'listening\n'])
    expect(readFileSync(join(home, 'previewd.pid'), 'utf8')).toMatch(`${old.pid} ${old.port} `)
  })

  it('that no pid file names any more is cleaned up', { timeout: 2 * STARTING_MS }, async () => {
    const orphan = await startOld(0)
    const recorded = await startOld(1)
    const web = await startWebServer(2)
    await render()
    expect([orphan.isAlive(), recorded.isAlive()]).toEqual([true, false])
    const report = await vi.waitUntil(
      async () => {
        const found = await previewd.cleanUp()
        return found.entries.some(({ result }) => result.outcome === 'swept') && found
      },
      { timeout: STARTING_MS, interval: LOOK_MS },
    )
    const pids = report.entries.map(({ candidate }) => candidate.observation.pid)
    const outcomes = report.entries.map(({ result }) => result.outcome)
    expect([pids, outcomes]).toEqual([[orphan.pid], ['swept']])
    expect(orphan.isAlive()).toBe(false)
    const { state, port } = await previewd.status()
    expect([state, portsInUse()]).toEqual(['running', [port, web.port].toSorted()])
    expect([web.isAlive(), web.said()]).toEqual([true, 'listening\n'])
  })
})
