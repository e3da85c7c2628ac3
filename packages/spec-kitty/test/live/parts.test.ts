import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { dashboardArguments, syncArguments } from '../../../../stand-ins/predecessor-command-lines.mjs'
import { writeDashboardRecord, writeSyncRecord } from '../../../../stand-ins/write-predecessor-record.mjs'
import { gone, lives, type Process } from '../helpers/dashboards.js'
import { findPython, startPython, type PythonDaemon } from '../helpers/python.js'
import { makeDashboardTestEnv, skipAloud, type DashboardTestEnv } from './dashboards.js'
import { makeRoot, type SyncRoot } from './sync-root.js'

/** What shares a port with a live daemon, or was forked from one, is a part of it: ending it would end that daemon's answers. */

const AGE_MS = 31_000
const SAFE = new Set(['is_recorded_singleton', 'part_of_singleton'])

const started: PythonDaemon[] = []
let place: DashboardTestEnv | null = null
let root: SyncRoot | null = null

afterEach(async () => {
  for (const daemon of started) daemon.stop()
  for (const daemon of started) await gone(daemon)
  started.length = 0
  await place?.end()
  await root?.end()
  place = root = null
})

function needPython(context: TestContext): string {
  return findPython() ?? skipAloud(context, 'there is no python3 here')
}

async function start(...of: Parameters<typeof startPython>): Promise<PythonDaemon> {
  const daemon = await startPython(...of)
  started.push(daemon)
  return daemon
}

function tokenOf(): string {
  return randomBytes(16).toString('hex')
}

/** What the document says of the processes that stand on the port. */
function reasonsAt(document: any, port: number): readonly string[] {
  return document.candidates
    .filter((row: { port: number }) => row.port === port)
    .map((row: { skip_reason: string | null }) => row.skip_reason ?? 'safe_auto')
}

function expectAll(processes: readonly (Process | null)[]): void {
  const all = processes.flatMap((one) => one ?? [])
  expect(all.map(lives)).toEqual(all.map(() => true))
}

describe('a process on the port of a live daemon', () => {
  it.for([true, false])(
    'of the sync family is never touched (the same token: %s)',
    { timeout: 120_000 },
    async (isSame, context) => {
      const python = needPython(context)
      root = makeRoot()
      mkdirSync(root.path, { mode: 0o700 })
      const [token, other] = [tokenOf(), tokenOf()]
      const args = (said: string) => syncArguments(9400, said, root?.path, '3.2.3')
      const options = { env: { SPEC_KITTY_HOME: root.path } }
      const daemon = await start(python, args(token), options)
      const sibling = await start(python, args(isSame ? token : other), options)
      writeSyncRecord(root.path, { port: 9400, token, pid: daemon.pid })
      await sleep(AGE_MS)
      for (const flags of [[], ['--force']]) {
        const { document } = root.json(['auth', 'doctor', '--reset', ...flags])
        expect(document.reset_result).toMatchObject({ swept: [], failed: [] })
        const reasons = reasonsAt(document, 9400)
        expect([reasons.length, reasons.filter((reason) => !SAFE.has(reason))]).toEqual([2, []])
        expectAll([daemon, sibling])
      }
    },
  )
})

describe("a forked child of the predecessor's live dashboard", () => {
  it.for(['shared', 'moved'] as const)(
    'is never touched (the socket is %s)',
    { timeout: 120_000 },
    async (fork, context) => {
      const python = needPython(context)
      place = makeDashboardTestEnv()
      const project = place.project('project')
      const token = tokenOf()
      const daemon = await start(python, dashboardArguments(9300, token, project), { fork })
      writeDashboardRecord(project, { port: 9300, token, pid: daemon.pid })
      await sleep(AGE_MS)
      for (const flags of [[], ['--force']]) {
        const { document } = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes', ...flags])
        expect([document.swept, document.failed]).toEqual([[], []])
        const reasons = reasonsAt(document, 9300)
        expect(reasons.filter((reason) => !SAFE.has(reason))).toEqual([])
        expectAll([daemon, daemon.child])
      }
    },
  )
})
