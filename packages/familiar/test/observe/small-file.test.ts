import { spawnSync } from 'node:child_process'
import { chownSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readSmallFile } from '../../src/observe/small-file.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { needRoot, NOBODY } from '../helpers/skip.js'

leaveNothing()

const KIB = 1024
const NO_FILE = { state: 'unreadable', why: 'it is not a file' }
const LINK = { state: 'unreadable', why: 'it is a link' }
const TOO_LARGE = { state: 'unreadable', why: 'it is too large' }

let home: string
let path: string

beforeEach(() => {
  home = makeHome()
  path = join(home, 'record')
})

describe('readSmallFile', () => {
  it('reads a file of this user', () => {
    writeFileSync(path, 'text ä\n')
    expect(readSmallFile(path)).toEqual({ state: 'text', text: 'text ä\n' })
  })

  it('reads an empty file', () => {
    writeFileSync(path, '')
    expect(readSmallFile(path)).toEqual({ state: 'text', text: '' })
  })

  it('distinguishes an absent file from one that cannot be read', () => {
    expect(readSmallFile(path)).toEqual({ state: 'absent' })
    expect(readSmallFile(path, { mayBeLink: true })).toEqual({ state: 'absent' })
    writeFileSync(path, '')
    expect(readSmallFile(join(path, 'below'))).toEqual({ state: 'unreadable', why: 'ENOTDIR' })
  })

  it('reads up to 64 KiB, or the given limit, and not a byte more', () => {
    writeFileSync(path, 'x'.repeat(64 * KIB))
    expect(readSmallFile(path)).toMatchObject({ state: 'text' })
    writeFileSync(path, 'x'.repeat(64 * KIB + 1))
    expect(readSmallFile(path)).toEqual(TOO_LARGE)
    expect(readSmallFile(path, { maxBytes: 65 * KIB })).toMatchObject({ state: 'text' })
    expect(readSmallFile(path, { maxBytes: 64 * KIB })).toEqual(TOO_LARGE)
  })

  it('opens no terabyte', () => {
    writeFileSync(path, '')
    truncateSync(path, 1024 ** 4)
    expect(readSmallFile(path)).toEqual(TOO_LARGE)
  })

  // Each of these would block, or never end, if it were opened and read as a file is.
  it('does not wait for the writer of a FIFO', () => {
    spawnSync('mkfifo', [path])
    expect(readSmallFile(path)).toEqual(NO_FILE)
    expect(readSmallFile(path, { mayBeLink: true })).toEqual(NO_FILE)
  })

  it('reads no device', () => {
    for (const device of ['/dev/zero', '/dev/tty', '/dev/null'])
      expect(readSmallFile(device)).toEqual(NO_FILE)
  })

  it('reads no directory', () => {
    mkdirSync(path)
    expect(readSmallFile(path)).toEqual(NO_FILE)
  })

  it('reads no socket', async () => {
    const server = createServer().listen(path)
    await once(server, 'listening')
    expect(readSmallFile(path)).toEqual(NO_FILE)
    server.close()
    await once(server, 'close')
  })

  it.for([
    ['a file', 'file'],
    ['nothing', 'missing'],
    ['itself', 'record'],
    ['a device', '/dev/zero'],
  ])('follows no link that leads to %s', ([, target = '']) => {
    writeFileSync(join(home, 'file'), 'secret')
    symlinkSync(target, path)
    expect(readSmallFile(path)).toEqual(LINK)
  })

  it('follows one where people link their files', () => {
    writeFileSync(join(home, 'file'), 'text')
    symlinkSync('file', join(home, 'middle'))
    symlinkSync('middle', path)
    expect(readSmallFile(path, { mayBeLink: true })).toEqual({ state: 'text', text: 'text' })
  })

  it('but not to a device, a FIFO, a directory, nothing or itself', () => {
    spawnSync('mkfifo', [join(home, 'fifo')])
    const leadsTo = (target: string) => {
      const link = join(home, `to-${target.replaceAll('/', '-')}`)
      symlinkSync(target, link)
      return readSmallFile(link, { mayBeLink: true })
    }
    expect(['/dev/zero', 'fifo', '.'].map(leadsTo)).toEqual([NO_FILE, NO_FILE, NO_FILE])
    expect(leadsTo('missing')).toEqual({ state: 'absent' })
    expect(leadsTo('to-itself')).toMatchObject({ state: 'absent' })
    symlinkSync('loop', join(home, 'loop'))
    expect(readSmallFile(join(home, 'loop'), { mayBeLink: true })).toEqual({
      state: 'unreadable',
      why: 'ELOOP',
    })
  })

  it("reads no other user's file, not through a link either", (context) => {
    needRoot(context)
    writeFileSync(path, 'text')
    chownSync(path, NOBODY, NOBODY)
    symlinkSync(path, join(home, 'link'))
    const foreign = { state: 'unreadable', why: `it belongs to another user (${NOBODY})` }
    expect(readSmallFile(path)).toEqual(foreign)
    expect(readSmallFile(join(home, 'link'), { mayBeLink: true })).toEqual(foreign)
  })

  it('reads a hard link: it is the file', () => {
    writeFileSync(join(home, 'file'), 'text')
    linkSync(join(home, 'file'), path)
    expect(readSmallFile(path)).toEqual({ state: 'text', text: 'text' })
  })

  it('has an answer for a name that no file can have', () => {
    expect(readSmallFile(`${path}\ud800`)).toMatchObject({ state: 'unreadable' })
    expect(readSmallFile(`${path}\0`)).toMatchObject({ state: 'unreadable' })
    expect(readSmallFile('')).toEqual({ state: 'absent' })
  })
})
