import { existsSync } from 'node:fs'
import { replaceOwn, type Replaced } from './replace.js'
import { loadLocks, withLock } from '../act/acquire-lock.js'
import { assertOwnScope } from '../act/assert-own-scope.js'
import { findRecorded } from './find-recorded.js'
import type { RecordedDaemon } from './use-or-replace.js'
import type { ScopeRequest } from './connect-request.js'

export interface RetireStaleRequest extends ScopeRequest {
  /** How long to wait for the life-cycle lock, in milliseconds. */
  readonly lockWaitMs: number
}

/**
 * `none`: no daemon of ours answers. `kept`: the daemon is not older than this installation, and its own installation
 * exists.
 */
export type StaleResult =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'kept'; readonly packageVersion: string | null }
  | ({ readonly outcome: 'retired' } & Replaced)

/**
 * Ends the scope's daemon if it is older than this installation, or if its own installation is gone, without starting a
 * new one. Meant for an installer after an upgrade. The next command that needs a daemon starts one, and replaces a
 * predecessor's. Throws what `connect` throws for a daemon that cannot be replaced.
 */
export async function retireStale(request: RetireStaleRequest): Promise<StaleResult> {
  await loadLocks()
  const { family, scope, lockWaitMs } = request
  const files = family.files(scope)
  const found = await findRecorded(request)
  // The record of another user cannot be read. Throw, because only an installer run by that user can tell whether the
  // daemon is stale.
  if (found === null ? existsSync(files.record) : found.replaceFor !== null) {
    assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  }
  if (found === null) return { outcome: 'none' }
  if (found.replaceFor === null) return kept(found)
  return withLock(files.lifecycleLock, { waitMs: lockWaitMs, onWait: request.onWait }, async (lock) => {
    const again = await findRecorded(request)
    if (again === null) return { outcome: 'none' }
    if (again.replaceFor === null) return kept(again)
    const replaced = await replaceOwn({ ...request, reason: again.replaceFor }, lock, again.record)
    return replaced === null ? { outcome: 'none' } : { outcome: 'retired', ...replaced }
  })
}

function kept({ report }: RecordedDaemon): StaleResult {
  return { outcome: 'kept', packageVersion: report.packageVersion }
}
