import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookCommand } from '../../src/observe/platform/look-command.js'
import { startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { listenersOn, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'

/**
 * A predecessor's daemon that tells its health at another path than ours, and may have no scope in its command line: a real
 * process, which answers nothing else.
 */
const ports = portsOf('life/old-health')

leaveNothing(ports)

const CLI = fileURLToPath(new URL('../fixtures/tool/cli.mjs', import.meta.url))
const OLD = fileURLToPath(new URL('../fixtures/tool/old-server.mjs', import.meta.url))

let home: string
let state: string

beforeEach(() => {
  home = makeHome()
  state = join(home, 'tool')
  mkdirSync(state)
})

afterEach(() => {
  if (listenersOn(ports.from, ports.to).length > 0) run(['stop'])
})

function run(args: readonly string[]) {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_STATE_HOME: home,
    TOOL_PORTS: `${ports.from}-${ports.to}`,
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function json(args: readonly string[]): any {
  return JSON.parse(run([...args, '--json']).stdout)
}

/** Starts an old daemon on the first port. `names`: it says whose it is. `isRecorded`: the scope's record names it. */
async function startOld({ names, isRecorded }: { readonly names: boolean; readonly isRecorded: boolean }) {
  const token = randomBytes(16).toString('hex')
  const args = [OLD, String(ports.from), token, ...(names ? [`--home=${state}`] : [])]
  const child = startChild(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout !== null) await once(child.stdout, 'data')
  const pid = child.pid ?? 0
  if (isRecorded) writeFileSync(join(state, 'tool.pid'), `${pid} ${ports.from} ${token}\n`)
  return { pid, isAlive: watch(pid) }
}

const findingOf = (document: any, id: string): any =>
  document.findings.find((finding: { id: string }) => finding.id === id)

describe('a predecessor with another path of health', () => {
  it('is recognised, and replaced by the first command', async () => {
    const old = await startOld({ names: true, isRecorded: true })
    expect(json(['status'])).toMatchObject({ state: 'running', pid: old.pid, version: '0.9.3' })
    expect(json(['start'])).toMatchObject({ outcome: 'started', replaced_version: '0.9.3' })
    expect(old.isAlive()).toBe(false)
  })

  it('that no record names is no orphan while it may be starting: its row alone says what to do', async () => {
    const old = await startOld({ names: true, isRecorded: false })
    const { orphans, findings } = json(['doctor'])
    expect(orphans).toMatchObject([{ pid: old.pid, skip_reason: 'starting' }])
    expect(orphans[0].remedy).toEqual({
      commands: ['tool explain starting'],
      description: 'it may still be coming up: look again in 30 s',
      safe: true,
    })
    expect(findings.map(({ id }: { id: string }) => id)).toEqual(['F-005'])
  })
})

describe('a predecessor that does not say whose it is', () => {
  it('and that no record names needs a decision, and goes by the remedy', async () => {
    const old = await startOld({ names: false, isRecorded: false })
    const document = json(['doctor'])
    const command = `tool doctor --reset --force --port ${ports.from}`
    const remedy = {
      commands: [command],
      description: 'ends it, whatever it is used for',
      safe: false,
      look: lookCommand([old.pid]),
    }
    expect(document.orphans).toMatchObject([{ pid: old.pid, skip_reason: 'pre_marker', remedy }])
    expect(findingOf(document, 'F-002').remediation).toEqual({ command, ...remedy })
    expect(run(command.split(' ').slice(1)).status).toBe(0)
    expect(old.isAlive()).toBe(false)
  })

  it('and that its record names is left beside ours, but `stop` ends it before there is one of ours', async () => {
    const old = await startOld({ names: false, isRecorded: true })
    expect(findingOf(json(['doctor']), 'F-011')).toMatchObject({
      severity: 'info',
      remediation: { command: 'tool stop', commands: ['tool stop'], description: 'ends it', safe: false },
    })
    expect(json(['stop'])).toMatchObject({ outcome: 'stopped', pid: old.pid })
    expect(old.isAlive()).toBe(false)
  })

  it('and runs beside ours is named, with what ends it', async () => {
    const old = await startOld({ names: false, isRecorded: true })
    expect(json(['start'])).toMatchObject({ outcome: 'started', replaced_version: null })
    const { findings, candidates } = json(['doctor'])
    expect(candidates.map((one: any) => [one.pid === old.pid, one.cleanup_class])).toEqual([
      [true, 'never_touch'],
      [false, 'never_touch'],
    ])
    expect(findings).toEqual([
      {
        id: 'F-011',
        severity: 'info',
        summary: `an earlier version 0.9.3 keeps a daemon on this scope too (process ${old.pid}, port ${ports.from}); it is left alone, because commands of its own version may use it; the stop command of that version ends it (see tool explain F-011)`,
        remediation: {
          command: 'tool explain F-011',
          commands: ['tool explain F-011'],
          description: 'nothing needs to be done: both may run side by side',
          safe: true,
        },
      },
    ])
    expect(run(['doctor', '--reset', '--force']).status).toBe(0)
    expect(old.isAlive()).toBe(true)
  })

  it('and does not answer: the doctor names a command that ends it', async () => {
    const old = await startOld({ names: false, isRecorded: true })
    process.kill(old.pid, 'SIGSTOP')
    const document = json(['doctor'])
    const { command, ...remedy } = findingOf(document, 'F-005').remediation
    expect(document.orphans[0].remedy).toEqual(remedy)
    expect(run(['status']).stdout).toContain(`does not answer (an earlier version): ${command}\n`)
    expect(run(command.split(' ').slice(1)).status).toBe(0)
    await eventually(() => expect(old.isAlive()).toBe(false))
  })
})
