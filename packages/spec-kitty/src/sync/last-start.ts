import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { objectOf, parseJson, stringOf } from 'familiar/cli'

/** The last start of the sync daemon, which failed. */
export interface StartFailure {
  readonly code: string
  readonly message: string
  /** ISO 8601. */
  readonly at: string
}

const CAREFUL = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** An entry about a failed start is much shorter. */
const TAIL_BYTES = 4096

/** Returns why the last start failed, if that is the last entry in the log of the root's daemon; otherwise null. Never throws. */
export function lastStartFailure(root: string): StartFailure | null {
  try {
    const last = tailOf(join(root, 'daemons', 'sync', 'daemon.log'))
      .trimEnd()
      .split('\n')
      .at(-1)
    const entry = objectOf(parseJson(last ?? ''))
    const [code, message, at] = [entry?.['code'], entry?.['message'], entry?.['at']].map(stringOf)
    if (entry?.['event'] !== 'start_failed' || Number.isNaN(Date.parse(at ?? ''))) return null
    return code && message && at ? { code, message, at } : null
  } catch {
    return null
  }
}

function tailOf(file: string): string {
  const descriptor = openSync(file, CAREFUL)
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile()) return ''
    const from = Math.max(0, found.size - TAIL_BYTES)
    const bytes = Buffer.alloc(found.size - from)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from)).toString()
  } finally {
    closeSync(descriptor)
  }
}
