// @ts-check
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A witness that shares nothing with the lock: who holds it makes a file that must not exist (O_EXCL), and removes it
 * before the release. Who finds one there may only go on when its maker has been killed: a living maker, or one that
 * takes it away while we check, is a second holder.
 */

/** The kernel may let go of the lock of a killed process a moment before the process is gone. */
const DYING_MS = 5_000

/** Says that this process holds the lock. Throws when another one does too. @param {string} home */
export async function enter(home) {
  const path = join(home, 'witness')
  const self = `${process.pid} ${startOf(process.pid)}`
  const maker = make(path, self)
  if (maker === null) return
  await ended(maker)
  const left = readOr(path)
  if (left !== maker) throw new Error(`second holder: ${self} beside ${maker}, who is gone from ${left}`)
  appendFileSync(join(home, 'killed-holders'), `${maker}\n`)
  rmSync(path)
  if (make(path, self) !== null) throw new Error(`second holder: ${self} beside ${readOr(path)}`)
}

/** Says that this process is about to release the lock. @param {string} home */
export function leave(home) {
  rmSync(join(home, 'witness'))
}

/**
 * Makes the file. Returns who has made it before, null if it is new. It is written in one go but not made and
 * written in one go: the name of one that was killed in between is empty. One that is gone again is `unknown`.
 *
 * @param {string} path @param {string} self
 */
function make(path, self) {
  try {
    writeFileSync(path, self, { flag: 'wx' })
    return null
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    return readOr(path) ?? 'unknown'
  }
}

/** @param {string} maker */
async function ended(maker) {
  const [pid = '', start] = maker.split(' ')
  for (const end = performance.now() + DYING_MS; performance.now() < end; await sleep(2)) {
    if (startOf(Number(pid)) !== start) return
  }
  throw new Error(`second holder: ${process.pid} beside ${maker}, who lives`)
}

/** Returns when the process started, null when it is gone or a zombie. @param {number} pid */
function startOf(pid) {
  const fields = (readOr(`/proc/${pid}/stat`) ?? '').split(') ').at(-1)?.split(' ') ?? []
  return ['Z', 'X'].includes(fields[0] ?? '') ? null : (fields[19] ?? null)
}

/** @param {string} path */
function readOr(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
