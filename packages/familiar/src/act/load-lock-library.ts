import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errnoOf, FamiliarError, lackOf, throwLack } from '../errors.js'
import { stringOf } from '../json.js'
import { requireNativeLocks, runningFile } from '../observe/platform/native-locks.js'

/** Tries to lock a range of an open file; returns false if another process holds it. Throws the system's error. */
export type TryLock = (descriptor: number, offset: number, length: number) => boolean

/** Messages of the dynamic loader (glibc, musl). They are always English, because Node stays in the C locale. */
const LACK_TEXT = /Too many open files|Cannot allocate memory|out of memory/i
const NOT_MAPPED = /failed to map segment|Operation not permitted|cannot enable executable stack/i
const DISABLED = /loading addons is disabled|Access to this API has been restricted/i
const OTHER_LIBC = /GLIBC_|symbol not found|Error loading shared library|Error relocating|undefined symbol/i

const REINSTALL = 'install this tool again'
const INSTALL = `${REINSTALL}; a bundle needs the package fs-native-extensions in a node_modules directory beside it or above`
const SYSTEMS =
  'use a system that the lock library has a build for: macOS, Windows, or Linux with glibc, on x64 or arm64'

/**
 * Returns the lock call of the native library. Loads the library here and not at start, because that costs 2 ms and
 * only commands that change something need a lock.
 *
 * Throws `E_LOCK_UNAVAILABLE` if the library is missing or cannot be loaded, naming its file and the cause, and
 * `E_RESOURCES` if this process has no descriptor or memory left to load it.
 */
export function loadTryLock(lockPath: string): TryLock {
  try {
    return requireNativeLocks().tryLock
  } catch (error) {
    throw cannotLoad(lockPath, error)
  }
}

function cannotLoad(lockPath: string, error: unknown): FamiliarError {
  throwLack(error)
  const said = textOf(error)
  if (LACK_TEXT.test(said)) return lackOf(said, error)
  const [why, hint] = explain(error, said)
  return new FamiliarError('E_LOCK_UNAVAILABLE', `cannot lock ${lockPath}: ${why}`, { hint, cause: error })
}

function explain(error: unknown, said: string): readonly [why: string, hint: string] {
  const code = errnoOf(error)
  if (code === 'ADDON_NOT_FOUND') return explainMissing(error)
  const file = pathOf((error as { readonly url?: unknown }).url)
  if (code === 'MODULE_NOT_FOUND') return [`the lock library is not there for ${here()}: ${said}`, INSTALL]
  if (code !== 'CANNOT_LOAD' || file === null)
    return [`the lock library cannot be loaded: ${said}`, REINSTALL]
  return [`the lock library ${file} cannot be loaded: ${withoutPath(said, file)}`, hintFor(said, file)]
}

function hintFor(said: string, file: string): string {
  if (NOT_MAPPED.test(said)) {
    return `the file system that it is on is mounted noexec, or a security policy forbids it: mount it without noexec (findmnt -T ${dirname(file)} shows how it is mounted), or install this tool elsewhere`
  }
  if (/Permission denied/i.test(said)) return `let this user read ${file}, or ${REINSTALL}`
  if (DISABLED.test(said))
    return 'start Node without --no-addons, and with --allow-addons if it has --permission'
  return OTHER_LIBC.test(said) ? SYSTEMS : REINSTALL
}

/**
 * Returns why the library could not be loaded. `candidates` are the files that the loader tried. If the directory of one
 * exists, only the file was removed; if none exists, there is no build for this system.
 */
function explainMissing(error: unknown): readonly [why: string, hint: string] {
  const { candidates } = error as { readonly candidates?: readonly unknown[] }
  const files = (candidates ?? []).flatMap((url) => pathOf(url) ?? [])
  const expected = files.findLast((file) => existsSync(dirname(file)))
  if (expected !== undefined) return [`the lock library ${expected} is missing`, REINSTALL]
  return ['the lock library has no build for this system', SYSTEMS]
}

/** Returns the first line of the system's own message. If the loader wrapped the error, uses the message of its cause. */
function textOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown }
  const inner = cause instanceof Error ? cause : error
  const text = inner instanceof Error ? inner.message : String(inner)
  return stringOf(text.split('\n', 1)[0]) ?? 'for an unknown reason'
}

function withoutPath(said: string, file: string): string {
  return said.replace(`${file}: `, '')
}

function here(): string {
  const file = runningFile()
  return file.startsWith('file:') ? fileURLToPath(file) : file
}

function pathOf(url: unknown): string | null {
  try {
    return url instanceof URL ? fileURLToPath(url) : null
  } catch {
    return null
  }
}
