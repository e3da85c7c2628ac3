import { describe, expect, it } from 'vitest'
import { PREDECESSOR } from '../../../../stand-ins/predecessor-record.mjs'
import { parseRecord, type DaemonRecord } from '../../src/protocol/record.js'

const TOKEN = 'c3d84a2bf5403c615171afe0818c0004'
const FOUR_LINES = `http://localhost:9400\n9400\n${TOKEN}\n25\n`

const OWN = {
  schema: 1,
  family: 'sync',
  scope: '/home/dev/.spec-kitty',
  pid: 4711,
  birth: '6d0ff3a0-boot/123456',
  boot_id: '6d0ff3a0-boot',
  pid_namespace: 'pid:[4026531836]',
  host: '127.0.0.1',
  port: 9400,
  url: 'http://127.0.0.1:9400',
  token: TOKEN,
  package_version: '4.0.0',
  protocol_version: 2,
  build_time: null,
  executable: '/usr/bin/node',
  started_at: '2026-11-21T09:35:33Z',
  instance_id: '9f3c',
  state: 'running',
  stop_reason: null,
  stopped_at: null,
}

/** Returns our record as text, with some of its fields replaced. */
function own(change: { readonly [key: string]: unknown } = {}): string {
  return JSON.stringify({ ...OWN, ...change })
}

/** Returns the record in the text; throws when there is none. */
function recordIn(text: string): DaemonRecord {
  const read = parseRecord(text, [PREDECESSOR.parseRecord])
  if (read.state !== 'readable') throw new Error(`expected a record, not one that is ${read.state}`)
  return read.record
}

describe('our record', () => {
  it('is read', () => {
    expect(recordIn(own())).toMatchObject({
      implementation: 'own',
      scope: '/home/dev/.spec-kitty',
      pid: 4711,
      startTime: '6d0ff3a0-boot/123456',
      port: 9400,
      token: TOKEN,
      running: true,
      packageVersion: '4.0.0',
      protocolVersion: 2,
      startedAt: '2026-11-21T09:35:33Z',
    })
  })

  it('is read with blanks around it, indented, and with fields of a later version', () => {
    expect(recordIn(`\n ${JSON.stringify({ ...OWN, something_new: [1] }, null, 2)}\r\n`).pid).toBe(4711)
  })

  it('says whether it stopped', () => {
    const stopped = own({ state: 'stopped', stop_reason: 'idle', stopped_at: '2026-11-21T10:00:00Z' })
    expect(recordIn(stopped).running).toBe(false)
  })

  it('may lack what only informs', () => {
    const bare = own({ package_version: null, protocol_version: 'two', started_at: 7 })
    expect(recordIn(bare)).toMatchObject({ packageVersion: null, protocolVersion: null, startedAt: null })
  })

  it.each([
    ['pid', [undefined, null, 0, -1, 1.5, 1e99, '4711', true, [4711], {}]],
    ['port', [undefined, null, 0, -1, 65536, 9400.5, 1e99, '9400']],
    ['birth', [undefined, null, '', 123456, 'x'.repeat(5000)]],
    ['scope', [undefined, null, '', 1, ['/home/dev/.spec-kitty'], '/'.repeat(5000)]],
    ['token', [null, '', 1, 'x'.repeat(5000)]],
    ['state', [undefined, null, '', 'Running', 'starting', true]],
  ])('is malformed with a wrong %s', (field, values) => {
    for (const value of values)
      expect(parseRecord(own({ [field]: value }), [PREDECESSOR.parseRecord]).state).toBe('malformed')
  })

  it('may lack the token, which is then in the home of its user', () => {
    expect(recordIn(own({ token: undefined }))).toMatchObject({ token: null, pid: 4711 })
  })

  it.each([1, 2, 9400, 65535])('port and pid may be %i', (number) => {
    expect(recordIn(own({ pid: number, port: number }))).toMatchObject({ pid: number, port: number })
  })

  it('is malformed at every length but its own: a torn write is not a record', () => {
    const text = own()
    for (let length = 0; length < text.length; length++) {
      expect(parseRecord(text.slice(0, length), [PREDECESSOR.parseRecord]).state).toBe('malformed')
    }
  })
})

describe('a record of a predecessor', () => {
  it('is what its parser makes of the text', () => {
    const parse = (text: string) => (text === 'old' ? { pid: 25, port: 9400, token: TOKEN } : null)
    expect(parseRecord('old', [parse])).toMatchObject({
      state: 'readable',
      record: {
        implementation: 'predecessor',
        scope: null,
        pid: 25,
        startTime: null,
        port: 9400,
        token: TOKEN,
        running: true,
      },
    })
    expect(parseRecord('older', [parse]).state).toBe('malformed')
  })

  it('is malformed where there was none', () => {
    expect(parseRecord(FOUR_LINES, []).state).toBe('malformed')
  })

  it('is never searched for in JSON', () => {
    expect(parseRecord('{"schema":1}', [() => ({ pid: 25, port: 9400, token: TOKEN })]).state).toBe(
      'malformed',
    )
  })
})

describe('what is not a record', () => {
  it.each([
    ['nothing', ''],
    ['blanks', ' \r\n\t\n'],
  ])('%s is called empty', (_, text) => {
    expect(parseRecord(text, [PREDECESSOR.parseRecord])).toEqual({ state: 'malformed', why: 'it is empty' })
  })

  it.each([
    ['zero bytes', '\0'.repeat(512)],
    ['replacement characters', '\uFFFD'.repeat(64)],
    ['the names of a directory', '.\n..\nrecord.json\n'],
    ['a list', '[1, 2, 3]'],
    ['a word of JSON', 'null'],
    ['a JSON string', '"running"'],
    ['an empty object', '{}'],
    ['two records', own() + own()],
    ['JSON that is cut off', '{"state": "running", "pid": 47'],
    ['JSON with a comment', `{ /* ours */ ${own().slice(1)}`],
    ['a number of lines', 'x\n'.repeat(4)],
    ['HTML', '<!DOCTYPE html>\n<html>\n<body>\n</html>\n'],
    ['something huge', 'x'.repeat(64 * 1024)],
    ['huge JSON', `{"a":${'['.repeat(30_000)}`],
    ['very many lines', '9400\n'.repeat(20_000)],
  ])('%s is malformed, and never guessed at', (_, text) => {
    expect(parseRecord(text, [PREDECESSOR.parseRecord])).toEqual({
      state: 'malformed',
      why: 'its content is no record',
    })
  })

  it('never shows its content, which may hold a token', () => {
    const broken = FOUR_LINES.replace('\n25', '')
    expect(JSON.stringify(parseRecord(`${broken}extra\nmore\n`, [PREDECESSOR.parseRecord]))).not.toContain(
      TOKEN,
    )
    expect(JSON.stringify(parseRecord(own({ pid: 0 }), [PREDECESSOR.parseRecord]))).not.toContain(TOKEN)
  })
})
