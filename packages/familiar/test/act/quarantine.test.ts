import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { PREDECESSOR } from '../../../../stand-ins/predecessor-record.mjs'
import { acquireLock, type HeldLock } from '../../src/act/acquire-lock.js'
import { tidyCopies } from '../../src/act/quarantine.js'
import { quarantine } from '../../src/act/record-file.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'

leaveNothing()

const TOKEN = 'c0ffee'.repeat(11)

let lock: HeldLock | null = null

afterEach(() => lock?.release())

/** A place for a record, whose lock is held. */
async function place() {
  const directory = join(makeHome(), 'daemons')
  lock = await acquireLock(join(directory, 'daemon.lock'), { holder: { pid: process.pid, startTime: null } })
  return { path: join(directory, 'record.json'), lock }
}

function namesBeside(path: string): readonly string[] {
  return readdirSync(dirname(path)).filter((name) => name !== 'daemon.lock' && name !== '.gitignore')
}

const read = (path: string | null): string => readFileSync(path ?? '', 'latin1')

describe('what is set aside', () => {
  it.for([
    ['a token in JSON', `{"token": "${TOKEN}", "rest": [`, '{"token": "<redacted>", "rest": ['],
    ['upper case', `x${TOKEN.toUpperCase()}x`, 'x<redacted>x'],
    ['32 digits', `${'a1'.repeat(16)}\n`, '<redacted>\n'],
    ['two runs', `${TOKEN} ${TOKEN}`, '<redacted> <redacted>'],
    ['31 digits', `${'a'.repeat(31)}\n`, `${'a'.repeat(31)}\n`],
    ['nothing', '', ''],
    ['bytes that are not text', '\x00\xff\xfe\xc3(', '\x00\xff\xfe\xc3('],
    [
      "a predecessor's token of another alphabet",
      'http://localhost:9400\n9400\nzYx-wVu_tSr-qPo_nMl\n42\n',
      'http://localhost:9400\n9400\n<redacted>\n42\n',
    ],
  ] as const)('is a copy without tokens, closed to others: %s', async ([, text, kept]) => {
    const named = PREDECESSOR.parseRecord(text)?.token ?? null
    const { path, lock } = await place()
    writeFileSync(path, Buffer.from(text, 'latin1'))
    chmodSync(path, 0o644)
    const aside = quarantine(lock, path, 'replaced', named)
    expect(namesBeside(path).map((name) => join(dirname(path), name))).toEqual([aside])
    expect([read(aside), statSync(aside ?? '').mode & 0o777]).toEqual([kept, 0o600])
  })

  it('is nothing where nothing was', async () => {
    const { path, lock } = await place()
    expect([quarantine(lock, path), namesBeside(path)]).toEqual([null, []])
  })

  it('leaves the other names of a file as they were', async () => {
    const { path, lock } = await place()
    const mine = join(makeHome(), 'mine')
    writeFileSync(mine, `mine ${TOKEN}`, { mode: 0o644 })
    linkSync(mine, path)
    expect(read(quarantine(lock, path))).toBe('mine <redacted>')
    expect([read(mine), statSync(mine).mode & 0o777]).toEqual([`mine ${TOKEN}`, 0o644])
  })

  it.for(['a link', 'a directory'])('is moved as it is where it is %s', async (what) => {
    const { path, lock } = await place()
    const mine = join(makeHome(), 'mine')
    writeFileSync(mine, TOKEN, { mode: 0o644 })
    if (what === 'a link') symlinkSync(mine, path)
    else mkdirSync(path)
    const aside = quarantine(lock, path) ?? ''
    expect([lstatSync(aside).isSymbolicLink(), lstatSync(aside).isDirectory()]).toEqual([
      what === 'a link',
      what !== 'a link',
    ])
    expect([read(mine), statSync(mine).mode & 0o777]).toEqual([TOKEN, 0o644])
  })
})

describe('the copies of one record', () => {
  it('are the newest three, also when many are made in one millisecond', async () => {
    const { path, lock } = await place()
    const made = Array.from({ length: 50 }, (_, at) => {
      writeFileSync(path, `text ${at}`)
      return quarantine(lock, path, at % 2 === 0 ? 'corrupt' : 'replaced')
    })
    expect(new Set(made).size).toBe(50)
    const names = namesBeside(path).map((name) => read(join(dirname(path), name)))
    expect(names.toSorted()).toEqual(['text 47', 'text 48', 'text 49'])
  })

  it('include the one just made where the clock was set back', async () => {
    const { path, lock } = await place()
    for (const day of ['01', '02', '03', '04']) {
      writeFileSync(`${path}.corrupt-2999-01-${day}T000000.000Z`, day)
    }
    writeFileSync(path, 'now')
    const aside = quarantine(lock, path)
    expect(namesBeside(path)).toHaveLength(3)
    expect(read(aside)).toBe('now')
  })

  it('do not include what only resembles one', async () => {
    const { path } = await place()
    const others = [
      'record.json',
      'record.json.corrupt-notes',
      'record.json.corrupt-2020-01-01T000000.000Z.txt',
      'record.json.backup-2020-01-01T000000.000Z',
      'xrecord.json.corrupt-2020-01-01T000000.000Z',
      'record-json.corrupt-2020-01-01T000000.000Z',
      '.record-0123456789ab',
      '.record-notes',
    ]
    for (const name of others) writeFileSync(join(dirname(path), name), '')
    const copies = [1, 2, 3, 4, 5].map((day) => `record.json.corrupt-2021-01-0${day}T000000.000Z`)
    for (const name of copies) writeFileSync(join(dirname(path), name), '')
    mkdirSync(join(dirname(path), 'record.json.corrupt-2019-01-01T000000.000Z'))
    symlinkSync(path, join(dirname(path), 'record.json.corrupt-2018-01-01T000000.000Z'))
    tidyCopies(path)
    expect(namesBeside(path).toSorted()).toEqual(
      [
        ...others,
        ...copies.slice(2),
        'record.json.corrupt-2019-01-01T000000.000Z',
        'record.json.corrupt-2018-01-01T000000.000Z',
      ].toSorted(),
    )
  })

  it.for(['record', 'room', 'new'])(
    'are tidied together with what a killed process left: %s',
    async (kind) => {
      const { path } = await place()
      const [old, young] = [`.${kind}-0123456789ab`, `.${kind}-ba9876543210`].map((name) =>
        join(dirname(path), name),
      )
      for (const file of [old, young]) writeFileSync(file ?? '', TOKEN)
      const before = new Date(Date.now() - 3_600_000)
      utimesSync(old ?? '', before, before)
      tidyCopies(path)
      expect(namesBeside(path)).toEqual([`.${kind}-ba9876543210`])
    },
  )
})
