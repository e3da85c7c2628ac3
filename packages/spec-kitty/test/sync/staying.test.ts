import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tellStaying } from '../../src/sync/tell-staying.js'
import { writeStored } from '../../src/sync/session/write-session-file.js'
import { sessionMark } from '../../src/sync/gate-session.js'
import { rememberWork } from '../../src/sync/last-work.js'
import { makeHome, type Home } from '../helpers/sign-in.js'

/** What `sync publish` says of an event that stays here, where nobody but the files can be asked: no daemon runs. */

let home: Home
let project: string

const ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }

beforeEach(() => {
  home = makeHome()
  project = join(home.base, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  mkdirSync(join(home.root, 'daemons', 'sync'), { recursive: true, mode: 0o700 })
})

afterEach(() => home.end())

async function told(
  env: Readonly<Record<string, string>>,
  { count = 1, isTerminal = true, isJson = false } = {},
): Promise<string> {
  let text = ''
  const io = {
    env: { HOME: home.base, ...env },
    err: (line: string) => void (text += line),
    isTerminal,
    errorColumns: null,
  }
  await tellStaying({ root: home.root, project, count }, io, isJson)
  return text
}

function signIn(): void {
  const about = { principal: null, signed_in_at: '2026-11-26T12:00:00.000Z' }
  const token = { kind: 'token', server_url: 'https://sync.example.org', access_token: 'secret' } as const
  writeStored(home.root, { ...token, ...about } as Parameters<typeof writeStored>[1])
}

function consent(text: string): void {
  writeFileSync(join(project, '.kittify', 'config.yaml'), text)
}

const stays = (why: string): string => `it stays on this machine for now: ${why} (spec-kitty sync status)\n`

it('every reason that the files tell is told, one after the other as in sync status, and then none', async () => {
  expect(await told({})).toBe(stays('hosted sync is off'))
  expect(await told(ON)).toBe(stays('you are not signed in'))
  signIn()
  expect(await told({ ...ON, SPEC_KITTY_SAAS_URL: 'https://another.example.org' })).toBe(
    stays('the session is for another server'),
  )
  rememberWork(home.root)({ lastSync: null, refused: sessionMark(home.root), hasAnswered: false })
  expect(await told(ON)).toBe(stays('the server refused the session'))
  rememberWork(home.root)({ lastSync: null, refused: null, hasAnswered: true })
  expect(await told(ON)).toBe(stays('this project has not opted in'))
  consent('sync:\n  enabled: false\n')
  expect(await told(ON)).toBe(stays('this project has opted out'))
  consent('sync: [\n')
  expect(await told(ON)).toBe(stays('the consent of this project cannot be read'))
  consent('sync:\n  enabled: true\n')
  expect(await told({ ...ON, SPEC_KITTY_SYNC_DISABLE: '1' })).toBe(
    stays('no sync daemon runs, and none starts by itself: SPEC_KITTY_SYNC_DISABLE is set'),
  )
  expect(await told({ ...ON, SYNC_NO_DAEMON: '1' })).toBe(
    stays('no sync daemon runs, and SYNC_NO_DAEMON forbids to start one'),
  )
  expect(await told(ON)).toBe('')
})

it('is for people, and says of several events that they stay', async () => {
  expect(await told(ON, { count: 2 })).toMatch(/^they stay on this machine for now: /)
  expect([await told(ON, { isTerminal: false }), await told(ON, { isJson: true })]).toEqual(['', ''])
})
