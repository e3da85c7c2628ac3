import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandError } from 'familiar/cli'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOBODY } from '../../../familiar/test/helpers/skip.js'
import { consentIn } from '../../src/sync/parse-consent.js'
import { consentFile, readConsent, writeConsent } from '../../src/sync/consent-file.js'

/** Consent in the file of a real project, however hostile. */
let project: string
let file: string

beforeEach(() => {
  project = mkdtempSync(join(realpathSync(tmpdir()), 'familiar-consent-'))
  file = consentFile(project)
  mkdirSync(dirname(file))
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

const IS_ROOT = process.geteuid?.() === 0
const YES = 'sync:\n  enabled: true\n'

/** Ways in which the file cannot be trusted, although it says yes. */
const HOSTILE: Readonly<Record<string, readonly [make: () => void, why: string]>> = {
  'a link to a file that says yes': [
    () => {
      writeFileSync(join(project, 'elsewhere'), YES)
      symlinkSync('../elsewhere', file)
    },
    'it is a link',
  ],
  'a link to nothing': [() => symlinkSync('nowhere', file), 'it is a link'],
  'a link that goes in a circle': [() => symlinkSync('config.yaml', file), 'it is a link'],
  'a FIFO': [() => void spawnSync('mkfifo', [file]), 'it is not a file'],
  'a directory': [() => mkdirSync(file), 'it is not a file'],
  'a file of a MiB': [
    () => {
      writeFileSync(file, YES)
      truncateSync(file, 1024 * 1024)
    },
    'it is too large',
  ],
  'a broken file': [() => writeFileSync(file, `${YES}a: [\n`), 'line 4, column 1: '],
  'a file that is cut off in a character': [
    () => writeFileSync(file, Buffer.concat([Buffer.from(`${YES}# caf`), Buffer.of(0xc3)])),
    'it is not UTF-8 text',
  ],
  'a file in UTF-16': [
    () => writeFileSync(file, Buffer.from(`\uFEFF${YES}`, 'utf16le')),
    'it is not UTF-8 text',
  ],
  'a value of another type': [
    () => writeFileSync(file, 'sync:\n  enabled: "true"\n'),
    'line 2, column 12: sync.enabled must be true or false',
  ],
  'a .kittify that is a link': [
    () => {
      writeFileSync(file, YES)
      renameSync(dirname(file), join(project, 'real'))
      symlinkSync('real', dirname(file))
    },
    'it leads through a link, to ',
  ],
  'a .kittify that is a file': [
    () => {
      rmSync(dirname(file), { recursive: true })
      writeFileSync(dirname(file), '')
    },
    'ENOTDIR',
  ],
}

async function failureOf(write: Promise<unknown>): Promise<CommandError> {
  const error = await write.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(CommandError)
  return error as CommandError
}

describe('consent is read', () => {
  it('at the moment of the question', async () => {
    expect(await readConsent(project)).toBe('no')
    writeFileSync(file, YES)
    expect(await readConsent(project)).toBe('yes')
    writeFileSync(file, 'sync:\n  enabled: false\n')
    expect(await readConsent(project)).toBe('no')
    rmSync(dirname(file), { recursive: true })
    expect(await readConsent(project)).toBe('no')
    rmSync(project, { recursive: true })
    expect(await readConsent(project)).toBe('no')
  })

  it.each([true, false])('as YAML says, where nothing else was written than %s', async (isGiven) => {
    await writeConsent(project, isGiven)
    const text = readFileSync(file, 'utf8')
    expect(await readConsent(project)).toBe(isGiven ? 'yes' : 'no')
    expect(consentIn(text)).toBe(isGiven ? 'yes' : 'no')
  })

  it.each(Object.keys(HOSTILE))('as none, with the reason, from %s', async (name) => {
    const [make, why] = HOSTILE[name] ?? [() => undefined, '']
    make()
    const mendable = why.endsWith('must be true or false') ? { isMendable: true } : {}
    expect(await readConsent(project)).toEqual({
      state: 'unreadable',
      why: expect.stringContaining(why),
      ...mendable,
    })
  })

  it('as none through a link in the place of the project', async () => {
    writeFileSync(file, YES)
    const link = `${project}-link`
    symlinkSync(project, link)
    try {
      expect(await readConsent(link)).toMatchObject({ state: 'unreadable' })
    } finally {
      rmSync(link)
    }
  })

  it.runIf(IS_ROOT)("as none from another user's file, and from one that may not be read", async () => {
    writeFileSync(file, YES)
    chownSync(file, NOBODY, NOBODY)
    expect(await readConsent(project)).toEqual({
      state: 'unreadable',
      why: `it belongs to another user (${NOBODY})`,
    })
    chmodSync(project, 0o755)
    chownSync(file, 0, 0)
    chmodSync(file, 0o600)
    process.seteuid?.(NOBODY)
    try {
      expect(await readConsent(project)).toEqual({ state: 'unreadable', why: 'EACCES' })
    } finally {
      process.seteuid?.(0)
    }
  })
})

describe('consent is written', () => {
  it('into a new file, with the permissions that the umask gives', async () => {
    const umask = process.umask(0o027)
    try {
      expect(await writeConsent(project, true)).toEqual({ path: file, isChanged: true })
    } finally {
      process.umask(umask)
    }
    expect([readFileSync(file, 'utf8'), lstatSync(file).mode & 0o777]).toEqual([YES, 0o640])
  })

  it('and then not again: the file stays the same one', async () => {
    await writeConsent(project, true)
    const before = lstatSync(file, { bigint: true })
    expect(await writeConsent(project, true)).toEqual({ path: file, isChanged: false })
    expect(lstatSync(file, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs })
    expect((await writeConsent(project, false)).isChanged).toBe(true)
    expect((await writeConsent(project, false)).isChanged).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe('sync:\n  enabled: false\n')
  })

  it('as a refusal even where nothing was said', async () => {
    writeFileSync(file, 'a: 1\n')
    expect((await writeConsent(project, false)).isChanged).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('a: 1\nsync:\n  enabled: false\n')
  })

  it.each([0o644, 0o600, 0o664, 0o4755])('with the mode that the file has (%o)', async (mode) => {
    writeFileSync(file, 'a: 1 # one\r\n')
    chmodSync(file, mode)
    await writeConsent(project, true)
    expect(lstatSync(file).mode & 0o7777).toBe(mode)
    expect(readFileSync(file, 'utf8')).toBe('a: 1 # one\r\nsync:\r\n  enabled: true\r\n')
  })

  it('to this name alone: another name of the same file keeps its content', async () => {
    writeFileSync(file, 'a: 1\n')
    linkSync(file, join(project, 'other'))
    const written = await writeConsent(project, true)
    expect(readFileSync(join(project, 'other'), 'utf8')).toBe('a: 1\n')
    expect(written).toEqual({ path: file, isChanged: true, otherNames: 1 })
    expect(await writeConsent(project, false)).toEqual({ path: file, isChanged: true })
  })

  it('over a value of another type', async () => {
    writeFileSync(file, 'sync:\n  enabled: "true" # ?\n')
    await writeConsent(project, true)
    expect(readFileSync(file, 'utf8')).toBe('sync:\n  enabled: true # ?\n')
  })
})

describe('consent is refused, and nothing written,', () => {
  const unusable = Object.keys(HOSTILE).filter((name) => name !== 'a value of another type')

  it.each(unusable)('into %s', async (name) => {
    const [make, why] = HOSTILE[name] ?? [() => undefined, '']
    make()
    const before = shown(project)
    const error = await failureOf(writeConsent(project, true))
    expect([error.code, error.exit]).toEqual(['E_PROJECT_CONFIG_UNUSABLE', 1])
    expect(error.message).toContain(why)
    expect(error.message).toContain(file)
    expect(shown(project)).toEqual(before)
  })

  it('into a part that another key shares', async () => {
    writeFileSync(file, 'sync: &s\n  a: 1\nother: *s\n')
    const error = await failureOf(writeConsent(project, true))
    expect([error.code, error.hint]).toEqual([
      'E_PROJECT_CONFIG_UNUSABLE',
      "write 'enabled: true' below 'sync:' by hand",
    ])
    expect(readFileSync(file, 'utf8')).toBe('sync: &s\n  a: 1\nother: *s\n')
  })

  it.runIf(IS_ROOT)('into a file, and into a directory, that this user may not write', async () => {
    writeFileSync(file, 'a: 1\n')
    chmodSync(project, 0o755)
    chmodSync(dirname(file), 0o777)
    chmodSync(file, 0o444)
    process.seteuid?.(NOBODY)
    try {
      expect((await failureOf(writeConsent(project, true))).message).toContain('EACCES')
      process.seteuid?.(0)
      chmodSync(file, 0o666)
      chmodSync(dirname(file), 0o755)
      process.seteuid?.(NOBODY)
      expect((await failureOf(writeConsent(project, true))).message).toContain('EACCES')
    } finally {
      process.seteuid?.(0)
    }
    expect([readFileSync(file, 'utf8'), readdirSync(dirname(file))]).toEqual(['a: 1\n', ['config.yaml']])
  })
})

/** Everything in a directory: names, kinds, and what files contain. */
function shown(directory: string): readonly unknown[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name)
      const found = lstatSync(path)
      return [name, found.mode, found.isFile() ? readFileSync(path, 'base64') : existsSync(path)]
    })
}
