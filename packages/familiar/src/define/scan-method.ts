import type { DaemonStatus } from '../classify/daemon-state.js'
import { watchPortsBeside } from '../observe/platform/listeners-beside.js'
import { selectPlatform } from '../observe/platform/select.js'
import { besideText, predecessorBeside } from '../observe/predecessor-beside.js'
import { readState } from '../observe/read-state.js'
import type { Scan } from '../observe/scan.js'
import { abortable } from './attempts.js'
import type { ScanOptions, StatusOptions } from './define-daemon.js'
import { leftToPredecessor } from './hints.js'
import type { Definition } from './resolve-definition.js'

export async function status(
  { family, words }: Definition,
  scope: string,
  { signal, seen }: StatusOptions,
): Promise<DaemonStatus> {
  const takeScan = seen === undefined ? null : () => Promise.resolve(seen)
  return abortable(signal, async () => {
    const at = { family, scope, platform: await selectPlatform() }
    const found = await readState(at, takeScan)
    const beside = await predecessorBeside(at)
    const told =
      beside === null
        ? null
        : besideText(family.name, beside, leftToPredecessor(words, beside.isMarked ? beside.pid : null))
    const more = beside === null ? {} : { beside, why: `${found.why}; ${told}` }
    return { ...found, ...more, record: withoutToken(found.record), report: withoutToken(found.report) }
  })
}

/** Removes the token, because a state is shown and logged. */
function withoutToken<T extends { readonly token: string | null }>(read: T | null): T | null {
  return read === null ? null : { ...read, token: null }
}

export async function scanRange(
  { family }: Definition,
  scope: string,
  { signal, forCleanUp = false, beside }: ScanOptions,
): Promise<Scan> {
  const { scan, FOREIGN_SCOPES_TIMEOUT_MS } = await import('../observe/scan.js')
  return abortable(signal, async () => {
    const plain = await selectPlatform()
    const platform = beside === undefined ? plain : watchPortsBeside(plain, beside)
    if (!forCleanUp) return scan(family, scope, platform)
    const { loadLocks } = await import('./stop-method.js')
    await loadLocks()
    return scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  })
}
