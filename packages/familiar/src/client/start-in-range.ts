import { cleanUp } from '../act/clean-up.js'
import type { HeldLock } from '../act/acquire-lock.js'
import type { StartReason } from './start-order.js'
import { startDaemon } from './start-daemon.js'
import type { Started } from './start-failure.js'
import { FamiliarError } from '../errors.js'
import { crypto } from '../protocol/crypto.js'
import { describeFullRange } from '../observe/port-users.js'
import { isEndedByForce } from '../observe/spared.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Scan } from '../observe/scan.js'
import { staleInScope } from '../observe/stale-in-scope.js'
import type { ConnectRequest } from './connect-request.js'

export interface StartOrder {
  readonly reason: StartReason
  readonly previousVersion: string | null
  /** The deadline of the caller, who holds the life-cycle lock, on the clock of `monotonicMs`. */
  readonly until: number
}

/**
 * Starts the scope's daemon. If the port range is full, cleans up what is proven stale and tries once more. If the range
 * is still full, throws `E_RANGE_FULL`, which says who uses the ports.
 */
export async function startInRange(
  request: ConnectRequest,
  lock: HeldLock,
  order: StartOrder,
): Promise<Started> {
  const { family, scope, platform, launch, signal, onWait } = request
  const start = (): Promise<Started> => {
    const started = startDaemon(lock, { family, scope, platform, launch, signal, onWait, ...order })
    // The next step checks the daemon's proof, so load the modules for it while the daemon starts.
    crypto()
    return started
  }
  try {
    return await start()
  } catch (error) {
    if (!isRangeFull(error)) throw error
    await freePorts(request, lock)
    return await start().catch(async (again: unknown) => {
      throw isRangeFull(again) ? await rangeFull(request, again) : again
    })
  }
}

function isRangeFull(error: unknown): boolean {
  return error instanceof FamiliarError && error.code === 'E_RANGE_FULL'
}

/** Ignores the result, because the next start finds out whether there is room now. */
async function freePorts({ family, scope, platform }: ConnectRequest, lock: HeldLock): Promise<void> {
  await cleanUp({ family, scope, platform, intent: 'startup_clean', lock, scansAgain: false })
}

async function rangeFull(request: ConnectRequest, cause: unknown): Promise<FamiliarError> {
  const { family, scope, platform } = request
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  const { from, to } = family.ports
  const hint = freeingCommand(request, seen)
  return new FamiliarError('E_RANGE_FULL', `every port from ${from} to ${to - 1} is in use`, {
    details: [describeFullRange(seen)],
    ...(hint === null ? {} : { hint }),
    cause,
  })
}

/** Returns the mildest command that frees a port, because one port is enough; null if there is none. */
function freeingCommand({ doctorCommand, cleanCommand }: ConnectRequest, seen: Scan): string | null {
  for (const one of seen.candidates) {
    const stale = staleInScope(one, seen)
    const command = stale === null ? null : (cleanCommand?.(stale) ?? null)
    if (command !== null) return command
  }
  const forced = seen.candidates.find((one) => isEndedByForce(one, seen))
  return forced === undefined ? null : doctorCommand(forced.observation.port)
}
