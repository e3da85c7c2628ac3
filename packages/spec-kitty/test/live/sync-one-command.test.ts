import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { rememberWork } from '../../dist/sync/last-work.js'
import { sessionMark } from '../../dist/sync/gate-session.js'
import { findingOf, gone, signal, until } from './sync-root.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** One cause is one problem with one command, the same in the status and in the doctor, and that command cures it. */
let work: SyncWork

const STOP_AND_SEND = 'spec-kitty sync stop && spec-kitty sync now'

beforeEach(async () => {
  work = await makeSyncWork()
})

afterEach(() => work.end())

async function doctor(): Promise<any> {
  return JSON.parse((await work.run(['auth', 'doctor', '--json'])).stdout)
}

it('a daemon that was killed is one problem, and its last end is no older stop', async () => {
  await work.run(['sync', 'start'])
  await work.run(['sync', 'stop'])
  await work.run(['sync', 'start'])
  const daemon = work.root.remember()
  if (daemon === null) throw new Error('no daemon')
  signal(daemon, 'SIGKILL')
  await gone(daemon)
  await work.publish(['a'])
  const { stdout } = await work.run(['sync', 'status'])
  expect(stdout).toMatch(/^daemon +crashed/m)
  expect(stdout).not.toContain('last stop')
  const document = await doctor()
  expect(findingOf(document, 'F-015').remediation.command).toBe('spec-kitty sync now')
  expect(findingOf(document, 'F-018')).toBe(undefined)
  expect((await work.run(['sync', 'now'])).status).toBe(0)
  expect(work.server.accepted).toEqual(['a'])
  expect((await work.run(['sync', 'status'])).stdout).not.toContain('last stop')
})

it('a daemon that hangs has one command everywhere, which also sends what waits', async () => {
  await work.run(['sync', 'start'])
  const daemon = work.root.remember()
  if (daemon === null) throw new Error('no daemon')
  signal(daemon, 'SIGSTOP')
  await work.publish(['a'])
  const { stdout } = await work.run(['sync', 'status'])
  expect(stdout.match(/spec-kitty sync stop(?: && spec-kitty sync now)?/g)).toEqual([
    STOP_AND_SEND,
    STOP_AND_SEND,
  ])
  const shown = await work.run(['auth', 'doctor'])
  expect(shown.stdout).toContain(STOP_AND_SEND)
  await work.run(['sync', 'stop'])
  expect((await work.run(['sync', 'now'])).status).toBe(0)
  expect(await until(() => work.server.accepted.length === 1)).toBe(true)
})

it('a session that the server has ended is one reason with one command', async () => {
  await work.publish(['a'])
  const path = join(work.root.path, 'session.json')
  const session = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(
    path,
    JSON.stringify({
      ...session,
      access_token: null,
      refresh_token: null,
      ended_at: new Date().toISOString(),
    }),
  )
  rememberWork(work.root.path)({
    lastSync: null,
    refused: sessionMark(work.root.path),
    hasAnswered: false,
  })
  const { stdout } = await work.run(['sync', 'status'])
  expect(stdout).toContain('the server has ended the session')
  expect(stdout).not.toContain('refused')
  expect(stdout.match(/auth login/g)).toHaveLength(1)
  const ids = (await doctor()).findings.map(({ id }: { id: string }) => id)
  expect(ids).toContain('F-001')
  expect(ids).not.toContain('F-018')
})
