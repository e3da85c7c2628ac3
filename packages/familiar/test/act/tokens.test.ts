import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { removeStaleTokens, writeToken } from '../../src/act/tokens.js'
import type { OwnRecord } from '../../src/protocol/record.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { startChild, killChild } from '../helpers/children.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startTimeOf } from '../helpers/processes.js'

leaveNothing()

const platform = await selectPlatform()
const host = await platform.host()
const TOKEN = 'c3d84a2bf5403c615171afe0818c0004'
const ID = '9f3c2f51a0d84c6db0e6f6f9a1b2c3d4'

let directory: string

beforeEach(() => {
  directory = join(makeHome(), 'daemons', 'dashboards')
})

/** A record of this very process, with some fields of it replaced. */
function recordWith(change: Partial<OwnRecord> = {}): OwnRecord {
  return {
    schema: 1,
    family: 'dashboard',
    scope: '/home/dev/project',
    pid: process.pid,
    birth: startTimeOf(process.pid) ?? '',
    boot_id: host.bootId,
    host_id: host.hostId,
    pid_namespace: host.pidNamespace,
    host: '127.0.0.1',
    port: 9237,
    url: 'http://127.0.0.1:9237',
    package_version: '4.0.0',
    protocol_version: 2,
    build_time: null,
    executable: process.execPath,
    started_at: '2026-11-21T09:35:33Z',
    instance_id: ID,
    state: 'running',
    stop_reason: null,
    stopped_at: null,
    ...change,
  }
}

/** The file that keeps git away is not a token. */
const filesIn = (place: string): readonly string[] =>
  readdirSync(place)
    .filter((name) => name !== '.gitignore')
    .toSorted()

const path = (id = ID): string => join(directory, `${id}.json`)

describe('writeToken', () => {
  it('writes the token and whose it is, for this user alone', () => {
    writeToken(directory, TOKEN, recordWith())
    const { pid, birth, boot_id, host_id, pid_namespace } = recordWith()
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({
      token: TOKEN,
      pid,
      birth,
      boot_id,
      host_id,
      pid_namespace,
      project: '/home/dev/project',
    })
    expect((statSync(path()).mode & 0o777).toString(8)).toBe('600')
    expect((statSync(directory).mode & 0o077).toString(8)).toBe('0')
  })

  it('replaces what is there, and leaves nothing beside it', () => {
    writeToken(directory, 'another', recordWith())
    writeToken(directory, TOKEN, recordWith())
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ token: TOKEN })
    expect(filesIn(directory)).toEqual([`${ID}.json`])
  })

  it('says where it cannot be written', () => {
    writeFileSync(join(directory, '..', '..', 'file'), '')
    expect(() => writeToken(join(directory, '..', '..', 'file', 'tokens'), TOKEN, recordWith())).toThrow(
      expect.objectContaining({ code: 'E_SCOPE_UNUSABLE' }),
    )
  })
})

describe('removeStaleTokens', () => {
  async function isKept(change: Partial<OwnRecord>): Promise<boolean> {
    writeToken(directory, TOKEN, recordWith(change))
    await removeStaleTokens(directory, platform)
    return existsSync(path())
  }

  async function deadProcess() {
    const child = startChild('sleep', ['600'])
    const pid = child.pid ?? 0
    const birth = startTimeOf(pid) ?? ''
    await killChild(child)
    return { pid, birth }
  }

  it('removes that of a process that is gone', async () => {
    expect(await isKept(await deadProcess())).toBe(false)
  })

  it('removes that of a process whose pid is another one now', async () => {
    expect(await isKept({ birth: `${host.bootId}/1` })).toBe(false)
  })

  it('removes that of an earlier boot of this machine, even if another process has its pid now', async () => {
    expect(await isKept({ boot_id: 'an earlier boot', pid_namespace: 'pid:[1]' })).toBe(false)
  })

  it('keeps that of a process that lives', async () => {
    expect(await isKept({})).toBe(true)
  })

  it('keeps that of another machine, whose pids mean nothing here', async () => {
    expect(await isKept({ ...(await deadProcess()), host_id: 'another machine' })).toBe(true)
    expect(await isKept({ host_id: 'another machine', boot_id: 'its boot' })).toBe(true)
  })

  it('keeps that of another pid namespace of this boot', async () => {
    expect(await isKept({ ...(await deadProcess()), pid_namespace: 'pid:[1]' })).toBe(true)
  })

  it.for([
    ['is not JSON', 'token'],
    ['is cut off', `{"token": "${TOKEN}", "pid": 1`],
    ['names no process', JSON.stringify({ token: TOKEN, host_id: host.hostId, boot_id: 'an earlier boot' })],
    [
      'does not say on which machine',
      JSON.stringify({ token: TOKEN, pid: 4711, birth: 'boot/1', boot_id: 'boot' }),
    ],
  ])('keeps one that %s', async ([, text = '']) => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(path(), text)
    await removeStaleTokens(directory, platform)
    expect(existsSync(path())).toBe(true)
  })

  it('opens no link, and touches no file with another name', async () => {
    writeToken(directory, TOKEN, recordWith(await deadProcess()))
    const [text, elsewhere] = [readFileSync(path()), join(makeHome(), 'target.json')]
    writeFileSync(elsewhere, text)
    symlinkSync(elsewhere, path('1'.repeat(32)))
    const names = ['notes.json', `${ID}.json.bak`, '.token-1234']
    for (const name of names) writeFileSync(join(directory, name), text)
    await removeStaleTokens(directory, platform)
    expect(filesIn(directory)).toEqual([...names, `${'1'.repeat(32)}.json`].toSorted())
    expect(existsSync(elsewhere)).toBe(true)
  })

  it('does nothing if the directory is missing', async () => {
    await removeStaleTokens(join(directory, 'none'), platform)
    expect(existsSync(directory)).toBe(false)
  })
})
