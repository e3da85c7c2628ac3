import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeBuild } from '../helpers/builds.js'
import { makeRoot, processesNaming, type SyncRoot } from './sync-root.js'

/** The helper that makes other builds does make them: a daemon of such a build is another version's. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

it('another build says its own version, and starts a daemon that says it too', async () => {
  const builtAt = new Date('2026-01-02T03:04:05.000Z')
  const build = makeBuild(join(root.base, 'other'), { version: '9.8.7', protocolVersion: 6, builtAt })
  expect(build.run(['--version'])).toEqual({ status: 0, stdout: '9.8.7\n', stderr: '' })
  const { status, stdout, stderr } = build.run(['sync', 'start', '--json'], root.env)
  const daemon = root.remember()
  expect([status, stderr, JSON.parse(stdout)]).toMatchObject([
    0,
    '',
    { outcome: 'started', pid: daemon?.pid, package_version: '9.8.7', protocol_version: 6 },
  ])
  expect(processesNaming(build.daemonEntry).map(({ pid }) => pid)).toEqual([daemon?.pid])
  const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
  expect(record).toMatchObject({ package_version: '9.8.7', build_time: builtAt.toISOString() })
  const reply = await fetch(`http://127.0.0.1:${daemon?.port}/api/health`)
  expect(await reply.json()).toMatchObject({ package_version: '9.8.7', owner: { package_version: '9.8.7' } })
})
