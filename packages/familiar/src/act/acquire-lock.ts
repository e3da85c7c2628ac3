import { closeSync, constants, futimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs, boundText } from '../clock.js'
import { errnoOf, FamiliarError } from '../errors.js'
import { objectOf, parseJson, pidOf, stringOf } from '../json.js'
import { readSmallFile } from '../observe/small-file.js'
import { isLinked, isStillLinked, openLockFile, unusable, writeHolder, type Holder } from './lock-file.js'
import { loadTryLock } from './load-lock-library.js'
import { assertNotThroughLink } from './own-place.js'
import { openRegular } from './safe-file.js'
import { lockDescriptor } from './try-lock.js'

/** How long to wait for a lock by default: longer than a command may hold the life-cycle lock in total. */
export const LOCK_WAIT_MS = 30_000

/** A command that has waited this long for a lock calls `onWait`. */
const ANNOUNCE_AFTER_MS = 1_000

const FIRST_POLL_MS = 2
const LAST_POLL_MS = 50

/** The process that the text of a lock file names as the holder. Used for messages, never for a decision. */
export interface LockHolder {
  readonly pid: number | null
  readonly startTime: string | null
}

/** What a command writes into a lock file. */
const COMMAND: Holder = { pid: process.pid, startTime: null }

export type { HeldLock }

export interface AcquireOptions {
  /** The holder to write into the file; by default this process, as a command, without a start time. */
  readonly holder?: Holder
  readonly waitMs?: number
  /** Called once, when the wait has lasted a second. */
  readonly onWait?: ((message: string) => void) | undefined
  /** Aborting this signal ends the wait; `acquireLock` then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** True for a lock in another scope: nothing may be created there, so a missing lock file is an error. */
  readonly mustExist?: boolean
}

/**
 * Takes the kernel lock on a file, waiting at most `waitMs`. Creates the file (0600) and its directory (0700) if
 * missing.
 *
 * The kernel releases the lock when its holder dies, so a lock is never stale, and its age does not matter. Children do
 * not inherit it (Node opens every file close-on-exec). Throws `E_LOCK_BUSY` (try again), `E_LOCK_UNSUPPORTED` if the
 * file system has no such locks, `E_LOCK_UNAVAILABLE` if the lock library cannot be loaded, `E_SCOPE_UNUSABLE` if the
 * file cannot be created or is not a regular file of this user or root, `E_RESOURCES` if this process has too few
 * descriptors or too little memory.
 */
export function acquireLock(path: string, options: AcquireOptions): Promise<HeldLock> {
  return acquireLockUnless<never>(path, options, () => Promise.resolve(null))
}

/**
 * Like `acquireLock`, but calls `find` between two attempts while the lock is busy. If `find` returns an object, stops
 * waiting and returns that object instead of the lock.
 */
export async function acquireLockUnless<T extends object>(
  path: string,
  options: AcquireOptions,
  find: () => Promise<T | null>,
): Promise<HeldLock | T> {
  const started = monotonicMs()
  const waitMs = options.waitMs ?? LOCK_WAIT_MS
  let isAnnounced = false
  const attempt = createAttempt(path, options)
  try {
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
      options.signal?.throwIfAborted()
      const lock = attempt.tryLock()
      if (lock !== null) return lock
      const waited = monotonicMs() - started
      if (waited >= waitMs) throw busy(path, waited)
      if (waited >= ANNOUNCE_AFTER_MS && !isAnnounced) {
        isAnnounced = true
        const until = boundText(waitMs - waited)
        options.onWait?.(`waiting for the lock ${path}, held by ${describeHolder(path)}, ${until}`)
      }
      const found = await find()
      if (found !== null) return found
      await sleep(pause * (0.5 + Math.random()))
    }
  } finally {
    attempt.close()
  }
}

/** Calls `act` with the lock, and releases it in any case. Throws what `acquireLock` or `act` throws. */
export async function withLock<T>(
  path: string,
  options: AcquireOptions,
  act: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(path, options)
  try {
    return await act(lock)
  } finally {
    lock.release()
  }
}

/** Returns whether any process holds the lock at this moment. Creates no file. */
export async function isLockHeld(path: string): Promise<boolean> {
  let descriptor: number
  try {
    assertNotThroughLink(path)
    descriptor = openRegular(path, constants.O_RDWR)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error instanceof FamiliarError ? error : unusable(path, error)
  }
  try {
    return !lockDescriptor(descriptor, path)
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the holder that the text of a lock file names, null if it names none. */
export function readLockHolder(path: string): LockHolder | null {
  const found = readSmallFile(path)
  const json = found.state === 'text' ? objectOf(parseJson(found.text)) : null
  return json === null ? null : { pid: pidOf(json['pid']), startTime: stringOf(json['birth']) }
}

/** The attempts to take one lock. */
interface Attempt {
  /** Returns the lock, or null if another process holds it. */
  readonly tryLock: () => HeldLock | null
  /** Closes the file, unless the lock was acquired. */
  readonly close: () => void
}

/**
 * Keeps the lock file open between two attempts: opening it, with all checks of the path, takes ten times as long as an
 * attempt, and sixty commands may wait at once. If the file was removed or replaced meanwhile, opens the new one, because
 * a lock on the old file protects nothing.
 */
function createAttempt(path: string, { holder = COMMAND, mustExist }: AcquireOptions): Attempt {
  let descriptor: number | null = null
  const close = (): void => {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
  }
  const tryLock = (): HeldLock | null => {
    descriptor ??= openLockFile(path, mustExist === true)
    try {
      const isOurs = lockDescriptor(descriptor, path)
      if (!isLinked(descriptor, path)) {
        close()
        return null
      }
      if (!isOurs) return null
      writeHolder(descriptor, holder)
      const lock = new HeldLock(descriptor, path)
      descriptor = null
      return lock
    } catch (error) {
      throw error instanceof FamiliarError ? error : unusable(path, error)
    }
  }
  return { tryLock, close }
}

/**
 * Loads the lock library. Called before a scan, a prompt or another wait, during which the package may be replaced; not
 * at start, because loading costs 2 ms and only commands that change something need a lock. Ignores failures: taking a
 * lock reports them.
 */
export async function loadLocks(): Promise<void> {
  try {
    loadTryLock('')
  } catch {
    // The failure is reported when a lock is taken.
  }
}

/**
 * A kernel lock that this process holds until `release()` or its own end. Only this module can create one, and functions
 * that need a lock take a `HeldLock`, so no caller can act without having acquired it.
 */
class HeldLock {
  readonly path: string
  readonly #descriptor: number
  #isOpen = true

  constructor(descriptor: number, path: string) {
    this.path = path
    this.#descriptor = descriptor
  }

  /**
   * Throws `E_LOCK_BUSY` if the lock was released, or if the file at the path is no longer the locked one, because then
   * another process can take a lock at that path. Throws `E_RESOURCES` or `E_SCOPE_UNUSABLE` if that cannot be
   * determined.
   */
  assertHeld(): void {
    if (this.#isOpen && isStillLinked(this.#descriptor, this.path)) return
    throw new FamiliarError(
      'E_LOCK_BUSY',
      `the lock ${this.path} was ${this.#isOpen ? 'lost: its file was removed' : 'released'}`,
      {
        retry: true,
      },
    )
  }

  /** Sets the file's times to now, so that others can tell when the holder was last alive. */
  touch(): void {
    const now = new Date()
    if (this.#isOpen) futimesSync(this.#descriptor, now, now)
  }

  /** Releases the lock. Calling it again does nothing. */
  release(): void {
    if (this.#isOpen) closeSync(this.#descriptor)
    this.#isOpen = false
  }
}

function busy(path: string, waitedMs: number): FamiliarError {
  const seconds = Math.round(waitedMs / 1000)
  return new FamiliarError(
    'E_LOCK_BUSY',
    `waited ${seconds} s for the lock ${path}, held by ${describeHolder(path)}`,
    { hint: 'try again when that process has ended', retry: true },
  )
}

function describeHolder(path: string): string {
  const pid = readLockHolder(path)?.pid
  return pid == null ? 'an unknown process' : `process ${pid}`
}
