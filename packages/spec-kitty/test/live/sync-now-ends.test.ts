import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quarantinedDatabases } from '../../src/sync/queue/quarantined-databases.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { TIMING } from '../../src/sync/upload/upload-timing.js'
import { eachIs, reply } from '../helpers/sync-server.js'
import { daemonsOf, findingOf, until } from './sync-root.js'
import { makeShell } from './sync-shell.js'
import { CONSENT, makeSyncWork, type SyncWork } from './sync-work.js'

/** What `sync now` says when something stays or is lost, with a real daemon and server. */
let work: SyncWork

beforeEach(async () => {
  work = await makeSyncWork()
})

afterEach(() => work.end())

describe('sync now', () => {
  it('stops watching a server that fails, and says after how many attempts, and what the daemon does', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(500)
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    expect([status, stdout]).toEqual([1, 'sent: 0 · kept: 1 · rejected: 0\n'])
    const attempts = TIMING.drainAttempts
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(
        `^stopped watching after ${attempts} failed attempts, and the daemon goes on: .*500.* at [\\d: -]+; nothing`,
      ),
    )
    const waits = stderr.split('\n').filter((line) => line.includes(': waiting, until '))
    expect(new Set(waits).size).toBe(waits.length)
    expect(daemonsOf(work.root.path)).toHaveLength(1)
  })

  it('says that the address may be wrong, and names what that needs, as status does', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(404)
    const after = await work.run(['sync', 'now'])
    const words = 'the server answered 404; the address of the server may be wrong; the next one is at'
    expect(after.stderr).toContain(words)
    expect(after.stderr).toContain('spec-kitty auth login --server https://HOST')
    const { nothing_leaves: why } = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
    expect([why.reason, why.command]).toEqual(['backing_off', 'spec-kitty sync now'])
  })

  it('says of a session that the server refused what the daemon says, also after the daemon has ended', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(403)
    const told = async () => {
      const status = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
      const auth = await work.run(['auth', 'status', '--json'])
      const doctor = JSON.parse((await work.run(['auth', 'doctor', '--json'])).stdout)
      return {
        reason: status.nothing_leaves?.reason,
        auth: [auth.status, JSON.parse(auth.stdout).state],
        finding: findingOf(doctor, 'F-018')?.summary,
      }
    }
    const refused = {
      reason: 'session_refused',
      auth: [1, 'refused'],
      finding: 'nothing leaves: the server refused the session',
    }
    // Only the daemon that has met it knows the words of the server.
    const words = 'the server refused the session: the server answered 403'
    const now = await work.run(['sync', 'now'])
    expect(now.stderr).toContain(words)
    expect(await told()).toEqual({ ...refused, finding: `nothing leaves: ${words}` })
    await work.run(['sync', 'stop'])
    expect(await told()).toEqual(refused)
    // A new daemon tries again, and what it learns counts.
    work.server.otherwise = eachIs('success')
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    await work.run(['sync', 'stop'])
    expect(await told()).toMatchObject({ reason: undefined, auth: [0, 'signed_in'], finding: undefined })
    const { last_sync: last } = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
    expect(Date.now() - Date.parse(last)).toBeLessThan(3_600_000)
  })

  it('says that it did not try a refused session again, since when and why, and what does', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(403, { message: 'your plan has no hosted sync' })
    const words =
      'the server answered 403 ("your plan has no hosted sync"), so nothing is sent with this session'
    const first = (await work.run(['sync', 'now'])).stderr
    expect(first).toContain(words)
    expect(first).not.toContain('not tried again')
    const requests = work.server.requests.length
    work.server.otherwise = eachIs('success')
    const { stderr } = await work.run(['sync', 'now'])
    expect(stderr).toMatch(
      /; that was at [\d: -]+, and it was not tried again: the daemon rests until the session changes:\n/,
    )
    expect(work.server.requests.length).toBe(requests)
    const again = /^ +(.*spec-kitty sync restart) {2}# only if the session was not at fault: /m.exec(
      stderr,
    )?.[1]
    expect((await work.run(['sync', 'status'])).stdout).toMatch(
      /^uploads +nothing leaves: the server answered 403 \("your plan has no hosted sync"\); it has not been tried again since [\d: -]+$/m,
    )
    expect((await work.run(['auth', 'doctor'])).stdout).toMatch(
      /only if\s+(?:# )?the session was not at fault: tries again with the same one/,
    )
    const shell = makeShell(work.root)
    expect(shell(`export SPEC_KITTY_ENABLE_SAAS_SYNC=1; ${again ?? 'false'}`)).toMatchObject({ status: 0 })
    // The server lives in this process.
    expect(await until(async () => (await work.run(['sync', 'now'])).status === 0)).toBe(true)
    expect(work.server.requests.length).toBeGreaterThan(requests)
  })

  it('says where a damaged queue was put aside, and what saves its events', async () => {
    await work.publish(['a', 'b'])
    const path = queuePath(work.root.path)
    writeFileSync(path, 'no database at all, and much more than that'.repeat(500))
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    const [aside] = quarantinedDatabases(path)
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `spec-kitty: the queue was damaged: it was moved to ${aside}, and a new one started (to save what can be read of it: spec-kitty sync queue --export FILE)\n`,
    ])
    expect(await work.run(['sync', 'now'])).toMatchObject({ status: 0, stdout: 'nothing waits\n' })
  })

  it('says of a consent that cannot be read what sync status says', async () => {
    const broken = work.makeProject('broken')
    await work.publish(['a'], { project: broken })
    writeFileSync(join(broken, '.kittify', 'config.yaml'), 'sync: [\n')
    const { status, stderr } = await work.run(['sync', 'now'])
    const said =
      /the 1 event that waits stays: (the consent of \S+ cannot be read: .+): spec-kitty explain/.exec(
        stderr,
      )?.[1]
    expect([status, said]).toEqual([1, expect.stringContaining(`${broken} cannot be read: line `)])
    const shown = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
    expect(said).toBe(shown.nothing_leaves.sentence)
  })

  it('sends the events of a project that was moved, once they are published where it is now', async () => {
    await work.publish(['a', 'b'])
    const now = work.makeProject('now')
    await work.publish(['c'], { project: now })
    rmSync(work.project, { recursive: true })
    const { status, stderr } = await work.run(['sync', 'now'])
    expect([status, stderr]).toEqual([
      1,
      `the 2 events that wait stay: ${work.project} is not there any more: spec-kitty explain project_missing\n`,
    ])
    const file = join(work.root.base, 'events.ndjson')
    expect((await work.run(['sync', 'queue', '--export', file])).status).toBe(0)
    const publish = `spec-kitty sync publish - --project ${now} < ${file}`
    expect(makeShell(work.root)(publish)).toMatchObject({ status: 0, stdout: 'queued 2 events\n' })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['c', 'a', 'b'])
  })
  it('sends no event of another project than the one that has opted in there, until it is published there', async () => {
    const withId = (uuid: string): string => `project:\n  uuid: '${uuid}'\n`
    const secret = work.makeProject('secret', `${withId('1111')}sync:\n  enabled: false\n`)
    await work.publish(['a', 'b'], { project: secret })
    renameSync(secret, `${secret}-old`)
    renameSync(work.makeProject('open', withId('2222') + CONSENT), secret)
    await work.publish(['c'], { project: secret })
    const { stderr } = await work.run(['sync', 'now'])
    const sentence = `another project is in ${secret} now: these events are of project 1111, and project 2222 is there now`
    expect(stderr).toContain(`the 2 events that wait stay: ${sentence}: spec-kitty explain other_project\n`)
    expect(work.server.accepted).toEqual(['c'])
    const status = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
    expect(status.nothing_leaves).toMatchObject({ reason: 'other_project', sentence })
    const queue = JSON.parse((await work.run(['sync', 'queue', '--json'])).stdout)
    expect(queue.projects).toMatchObject([
      { project: secret, project_uuid: '1111', queued: 2, reason: 'other_project' },
    ])
    const doctor = await work.run(['auth', 'doctor', '--json'])
    expect(findingOf(JSON.parse(doctor.stdout), 'F-018')).toMatchObject({ severity: 'warn' })
    const file = join(work.root.base, 'events.ndjson')
    expect((await work.run(['sync', 'queue', '--export', file])).status).toBe(0)
    const publish = `spec-kitty sync publish - --project ${secret} < ${file}`
    expect(makeShell(work.root)(publish)).toMatchObject({ status: 0, stdout: 'queued 2 events\n' })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['c', 'a', 'b'])
  })

  it('a directory without .kittify is no project for any command, and what is proposed lets its events leave', async () => {
    const [git, plain] = [work.makeProject('with-git'), work.makeProject('without-git')]
    mkdirSync(join(git, '.git'))
    await work.publish(['a'], { project: git })
    await work.publish(['b'], { project: plain })
    for (const one of [git, plain]) rmSync(join(one, '.kittify'), { recursive: true })
    const lost = (one: string) =>
      `1 event stays: ${one} is not a project any more: it has neither .kittify nor kitty-specs`
    const [mend, explain] = [
      `mkdir ${git}/.kittify && spec-kitty sync opt-in ${git}`,
      'spec-kitty explain project_missing',
    ]
    const { status, stderr } = await work.run(['sync', 'now'])
    expect([status, stderr]).toEqual([1, `${lost(git)}: ${mend}\n${lost(plain)}: ${explain}\n`])
    expect(work.server.accepted).toEqual([])
    const drop = await work.run(['sync', 'queue', 'drop', '--project', plain, '--yes'])
    expect(drop).toMatchObject({ status: 0, stdout: '1 of 1 event removed\n' })
    expect((await work.run(['sync', 'status'])).stdout).toContain(`\n                ${mend}\n`)
    expect((await work.run(['auth', 'doctor'])).stdout).toContain(`    ${mend}  # makes it a project again`)
    expect(makeShell(work.root)(mend)).toMatchObject({ status: 0 })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['a'])
  })

  it('sends what is left once the events of a lost project are removed, which no other project loses', async () => {
    const lost = work.makeProject('lost')
    await work.publish(['a', 'b'], { project: lost })
    await work.publish(['c'])
    const drop = (...more: readonly string[]) => work.run(['sync', 'queue', 'drop', '--project', ...more])
    const kept = (path: string, why: string) => ({
      status: 1,
      stdout: '',
      stderr: `nothing was removed of ${path}: ${why}\n`,
    })
    const still = kept(lost, 'the project whose events wait is still there')
    expect(await drop(lost, '--yes')).toMatchObject(still)
    rmSync(lost, { recursive: true })
    expect((await drop(lost)).status).toBe(2)
    expect((await drop(lost, 'a', '--yes')).status).toBe(2)
    const unknown = join(work.root.base, 'unknown')
    expect(await drop(unknown, '--yes')).toMatchObject(kept(unknown, 'no events wait for it'))
    const waiting = async () => JSON.parse((await work.run(['sync', 'queue', '--json'])).stdout).projects
    expect(await waiting()).toMatchObject([{ project: lost, reason: 'project_missing' }, { reason: null }])
    expect(await drop(`${lost}/`, '--yes')).toMatchObject({ status: 0, stdout: '2 of 2 events removed\n' })
    expect(await drop(lost, '--yes')).toMatchObject(kept(lost, 'no events wait for it'))
    expect(await waiting()).toMatchObject([{ project: work.project, queued: 1 }])
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['c'])
  })
})
