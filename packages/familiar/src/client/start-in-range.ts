import { cleanUp } from '../act/clean-up.js'
import type { HeldLock } from '../act/acquire-lock.js'
import type { StartReason } from './start-order.js'
import { startDaemon } from './start-daemon.js'
import type { Started } from './start-failure.js'
import { FamiliarError, type ErrorCode } from '../errors.js'
import { crypto } from '../protocol/crypto.js'
import { describeFullRange, portInUse } from '../observe/port-users.js'
import { nounFor } from '../observe/port-user-words.js'
import { isEndedByForce, isSpared, isStarting } from '../observe/spared.js'
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
 * is still full, throws `E_RANGE_FULL`, and `E_PORT_IN_USE` if the port that was asked for is not free. Both say who uses
 * the ports.
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
    if (hasCode(error, 'E_PORT_IN_USE')) throw (await portTaken(request)) ?? error
    if (!hasCode(error, 'E_RANGE_FULL')) throw error
    await freePorts(request, lock)
    return await start().catch(async (again: unknown) => {
      throw hasCode(again, 'E_RANGE_FULL') ? await rangeFull(request, again) : again
    })
  }
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof FamiliarError && error.code === code
}

async function portTaken({
  family,
  scope,
  platform,
  launch,
  scopeName = 'scope',
}: ConnectRequest): Promise<FamiliarError | null> {
  if (launch.port === undefined) return null
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  return portInUse(launch.port, seen, { scope: scopeName })
}

/** Ignores the result, because the next start finds out whether there is room now. */
async function freePorts({ family, scope, platform }: ConnectRequest, lock: HeldLock): Promise<void> {
  await cleanUp({ family, scope, platform, intent: 'startup_clean', lock, scansAgain: false })
}

async function rangeFull(request: ConnectRequest, cause: unknown): Promise<FamiliarError> {
  const { family, scope, platform, scopeName = 'scope' } = request
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  const { from, to } = family.ports
  const hint = freeingHint(request, seen)
  return new FamiliarError('E_RANGE_FULL', `every port from ${from} to ${to - 1} is in use`, {
    details: [describeFullRange(seen, scopeName)],
    ...(hint === null ? {} : { hint }),
    cause,
  })
}

/**
 * Returns the mildest advice that frees a port, because one port is enough; null if there is none. A clean-up of the scope
 * in which a daemon is proven stale comes first, then to wait for what may still be starting, because the next start may
 * be able to clean that up. Force comes last, with what it ends.
 */
function freeingHint(request: ConnectRequest, seen: Scan): string | null {
  const { doctorCommand, cleanCommand, family, scopeName: scope = 'scope' } = request
  // The command names the scope, quoted. In the comment its path could end the line and begin a command.
  for (const one of seen.candidates) {
    const stale = staleInScope(one, seen)
    const command = stale === null ? null : (cleanCommand?.(stale) ?? null)
    if (command !== null) return `${command}  # ends what is proven stale there`
  }
  const young = seen.candidates.filter((one) => isStarting(one) && one.proof !== null && !isSpared(one, seen))
  if (young.length > 0) {
    const them = young.length === 1 ? '1 of them' : `${young.length} of them`
    return `wait ${family.startingSeconds} s and run this again: ${them} may still be starting, and which of these are stale is known then`
  }
  const forced = seen.candidates.find((one) => isEndedByForce(one, seen))
  if (forced === undefined) return null
  const { observation, verdict } = forced
  const noun = nounFor(verdict.reason ?? verdict.class, { scope, names: family.reasonNames, isOne: true })
  return `${doctorCommand(observation.port)}  # ends process ${observation.pid}, ${noun}, whatever it is used for`
}
