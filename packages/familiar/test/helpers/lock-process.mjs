// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { createInterface } from 'node:readline'
import { acquireLock, isLockHeld } from '../../dist/act/acquire-lock.js'

/**
 * A process that takes and leaves one lock on demand: `lock-process.mjs PATH`, then a command per line on stdin.
 * Every reply is a line of JSON on stdout.
 */

const [, , path = ''] = process.argv
/** @type {import('../../dist/act/acquire-lock.js').HeldLock | null} */
let lock = null

/** @type {Record<string, (argument: string) => unknown>} */
const commands = {
  async acquire(waitMs) {
    lock = await acquireLock(path, {
      holder: { pid: process.pid, startTime: null },
      waitMs: Number(waitMs),
      onWait: (waiting) => say({ waiting }),
    })
    return { held: true }
  },
  assert() {
    lock?.assertHeld()
    return { held: lock !== null }
  },
  isHeld: async () => ({ held: await isLockHeld(path) }),
  release() {
    lock?.release()
    return { held: false }
  },
  /** Uses up the descriptors, but for so many. */
  fill(left) {
    /** @type {number[]} */
    const opened = []
    try {
      for (;;) opened.push(openSync(devNull, 'r'))
    } catch {
      for (const descriptor of opened.slice(opened.length - Number(left))) closeSync(descriptor)
    }
    return { held: lock !== null }
  },
  umask: (mask) => ({ before: process.umask(Number.parseInt(mask, 8)) }),
  /** The child ends when the other end of descriptor 3, which is the test's, is closed. */
  spawn: () => ({ child: spawn('cat', [], { stdio: [3, 'ignore', 'ignore'], detached: true }).pid }),
}

/** @param {unknown} reply */
function say(reply) {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', argument = ''] = line.split(' ')
  try {
    say(await commands[command]?.(argument))
  } catch (error) {
    const { code, message, hint, retry } = /** @type {import('../../dist/errors.js').FamiliarError} */ (error)
    say({ code, message, hint, retry })
  }
}
