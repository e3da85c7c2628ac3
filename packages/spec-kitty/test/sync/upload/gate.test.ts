import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { sessionMark } from '../../../src/sync/gate-session.js'
import { inspectGate, readGate, type GateSession } from '../../../src/sync/upload/gate.js'
import { makeHome, removeHomes } from '../../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

const ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
const HERE: GateSession = { state: 'present', serverUrl: 'https://sync.test' }
const BROKEN: GateSession = { state: 'unreadable', why: 'it is a FIFO' }
const ABSENT: GateSession = { state: 'absent' }

function rootWith(config: string | null): string {
  const root = join(makeHome(), 'root')
  mkdirSync(root)
  if (config !== null) writeFileSync(join(root, 'config.toml'), config)
  return root
}

const SERVER = '[sync]\nserver_url = "https://sync.test/"\n'

it.for([
  ['everything', {}, BROKEN, '[[[', 'hosted_sync_disabled', null],
  [
    'hosted sync switched off',
    { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' },
    HERE,
    SERVER,
    'hosted_sync_disabled',
    null,
  ],
  ['a broken configuration', ON, BROKEN, '[[[', 'config_unreadable', /config\.toml cannot be read: line 1, /],
  ['an unknown format', ON, BROKEN, '[sync]\nformat = "xml"\n', 'config_unreadable', /sync\.format must be/],
  ['a broken session', ON, BROKEN, SERVER, 'session_unreadable', /it is a FIFO/],
  ['no session', ON, ABSENT, SERVER, 'no_session', null],
  ['a server that is not text', ON, HERE, '[sync]\nserver_url = 1\n', 'config_unreadable', /must be an http/],
  [
    'a server that is not a URL',
    ON,
    HERE,
    '[sync]\nserver_url = "sync.test"\n',
    'config_unreadable',
    /must be an/,
  ],
  [
    'a password in the URL',
    ON,
    HERE,
    '[sync]\nserver_url = "https://u:p@sync.test"\n',
    'config_unreadable',
    /without user/,
  ],
  [
    'http to another machine',
    ON,
    HERE,
    '[sync]\nserver_url = "http://sync.test"\n',
    'insecure_server',
    /neither https/,
  ],
  [
    'http in the environment',
    { ...ON, SPEC_KITTY_SAAS_URL: 'http://sync.test' },
    HERE,
    SERVER,
    'insecure_server',
    /neither https/,
  ],
  [
    'another server',
    { ...ON, SPEC_KITTY_SAAS_URL: 'https://other.test' },
    HERE,
    SERVER,
    'other_server',
    /is for https:\/\/sync\.test, not https:\/\/other\.test \(SPEC_KITTY_SAAS_URL\)$/,
  ],
  [
    'another port',
    { ...ON, SPEC_KITTY_SAAS_URL: 'https://sync.test:444' },
    HERE,
    SERVER,
    'other_server',
    /:444 \(SPEC_KITTY_SAAS_URL\)$/,
  ],
] as const)('%s closes it', async ([, env, session, config, reason, detail]) => {
  const gate = await readGate({ root: rootWith(config), env, session: () => session })
  expect(gate).toMatchObject({ state: 'closed', reason })
  if (gate.state !== 'closed') return
  if (detail === null) expect(gate.detail).toBeNull()
  else expect(gate.detail).toMatch(detail)
})

it.for([
  ['nothing is set up', {}, ABSENT, null, ['hosted_sync_disabled', 'no_session']],
  ['all is wrong', {}, BROKEN, '[[[', ['hosted_sync_disabled', 'config_unreadable', 'session_unreadable']],
  [
    'a server is wrong too',
    { SPEC_KITTY_SAAS_URL: 'http://sync.test' },
    ABSENT,
    SERVER,
    ['hosted_sync_disabled', 'no_session', 'insecure_server'],
  ],
  [
    'the session is for another server',
    { SPEC_KITTY_SAAS_URL: 'https://other.test' },
    HERE,
    SERVER,
    ['hosted_sync_disabled', 'other_server'],
  ],
  ['all is well', ON, HERE, SERVER, []],
] as const)('every obstacle is known where %s', async ([, env, session, config, reasons]) => {
  const options = { root: rootWith(config), env, session: () => session }
  const { gate, obstacles } = await inspectGate(options)
  expect([...new Set(obstacles.map(({ reason }) => reason))]).toEqual(reasons)
  expect(gate).toEqual(await readGate(options))
  if (gate.state === 'closed') expect(gate).toEqual({ state: 'closed', ...obstacles[0] })
})

it.for([
  ['config.toml', ON, SERVER, 'https://sync.test', 'batch'],
  ['the session alone', ON, null, 'https://sync.test', 'batch'],
  [
    'the environment above the rest',
    { ...ON, SPEC_KITTY_SAAS_URL: 'https://sync.test/b/' },
    SERVER,
    'https://sync.test/b',
    'batch',
  ],
  ['an empty environment', { ...ON, SPEC_KITTY_SAAS_URL: '' }, SERVER, 'https://sync.test', 'batch'],
  ['another format', ON, `${SERVER}format = "cloudevents"\n`, 'https://sync.test', 'cloudevents'],
] as const)('%s says where to', async ([, env, config, serverUrl, format]) => {
  const gate = await readGate({ root: rootWith(config), env, session: () => HERE })
  expect(gate).toEqual({ state: 'open', serverUrl, format })
})

it('sees each change of the file of the session', () => {
  const root = rootWith(null)
  const file = join(root, 'session.json')
  const marks = [sessionMark(root)]
  writeFileSync(file, '{}')
  marks.push(sessionMark(root))
  utimesSync(file, 1, 1)
  marks.push(sessionMark(root))
  writeFileSync(file, '{"a":1}')
  utimesSync(file, 1, 1)
  marks.push(sessionMark(root))
  symlinkSync(file, join(root, 'link'))
  expect(new Set(marks).size).toBe(4)
  expect(marks[0]).toBe('')
  expect(sessionMark(root)).toBe(marks[3])
})
