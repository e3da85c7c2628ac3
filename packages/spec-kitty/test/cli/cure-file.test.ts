import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { readSmallFile } from 'familiar/cli'
import { cureCommand, moveAwayCommand, openFilesCommand } from '../../src/cli/cure-file.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

let path: string

beforeEach(() => {
  path = join(makeHome(), "it's here")
})

afterAll(removeHomes)

function run(command: string | null): void {
  const { status, stderr } = spawnSync('sh', ['-c', command ?? 'exit 3'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

const KINDS: Readonly<
  Record<string, readonly [make: () => unknown, then: ReturnType<typeof readSmallFile>]>
> = {
  'a directory': [() => mkdirSync(path), { state: 'absent' }],
  'a FIFO': [() => execFileSync('mkfifo', [path]), { state: 'absent' }],
  'a link to nothing': [() => symlinkSync('nowhere', path), { state: 'absent' }],
  'a link to a file': [
    () => {
      writeFileSync(`${path}.target`, 'text')
      symlinkSync(`${path}.target`, path)
    },
    { state: 'text', text: 'text' },
  ],
}

it.each(Object.entries(KINDS))('the command cures %s', (_, [make, then]) => {
  make()
  const found = readSmallFile(path)
  run(cureCommand(path, found.state === 'unreadable' ? found.why : ''))
  expect(readSmallFile(path)).toEqual(then)
})

it('keeps what it moves, beside what was moved before', () => {
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(path, name)
    run(moveAwayCommand(path))
  }
  expect(['', '2', '3'].map((end) => readFileSync(`${path}.old${end}`, 'utf8'))).toEqual(['a', 'b', 'c'])
})

it('opens a file that is closed to its owner', () => {
  writeFileSync(path, '')
  chmodSync(path, 0)
  run(cureCommand(path, 'EACCES'))
  expect(lstatSync(path).mode & 0o777).toBe(0o600)
})

it('makes what root has left behind a file of this user, but nothing that is of another user', () => {
  writeFileSync(path, '')
  chmodSync(path, 0o600)
  const owner = lstatSync(path).uid
  const user = vi.spyOn(process as { geteuid(): number }, 'geteuid').mockReturnValue(12_345)
  try {
    const quoted = `'${path.replaceAll("'", "'\\''")}'`
    expect(cureCommand(path, 'EACCES')).toBe(owner === 0 ? `sudo chown 12345 ${quoted}` : null)
    chmodSync(path, 0)
    const both = `sudo chown 12345 ${quoted} && chmod u+rw ${quoted}`
    expect(cureCommand(path, 'EACCES')).toBe(owner === 0 ? both : null)
  } finally {
    user.mockRestore()
  }
})

it('changes neither owner nor mode through a link, because the file to which it leads may not be ours', () => {
  writeFileSync(`${path}.target`, '')
  chmodSync(`${path}.target`, 0)
  symlinkSync(`${path}.target`, path)
  for (const uid of [lstatSync(path).uid, 12_345]) {
    const user = vi.spyOn(process as { geteuid(): number }, 'geteuid').mockReturnValue(uid)
    try {
      expect([cureCommand(path, 'EACCES'), openFilesCommand([path])]).toEqual([null, null])
    } finally {
      user.mockRestore()
    }
  }
})

it('knows no command for other problems', () => {
  expect(
    ['it is too large', 'EIO', 'it belongs to another user (7)'].map((why) => cureCommand(path, why)),
  ).toEqual([null, null, null])
})
