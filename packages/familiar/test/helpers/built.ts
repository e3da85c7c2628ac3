import * as cleanup from '../../dist/act/clean-up.js'
import * as looking from '../../dist/observe/scan.js'
import type { cleanUp as CleanUp } from '../../src/act/clean-up.js'
import type { scan as Scan } from '../../src/observe/scan.js'

/**
 * The built library, for tests in which scopes of others are read. Proofs made here are none to the sources: they know only
 * their own.
 */
const built = {
  scan: looking.scan as unknown as typeof Scan,
  cleanUp: cleanup.cleanUp as unknown as typeof CleanUp,
}

/** Far more than other scopes take to be read: what these tests see must not depend on how busy the machine is. */
export const FOREIGN_SCOPES_TIMEOUT_MS = 20_000

/** A scan that waits for the scopes of others. */
export const scan: typeof Scan = (family, scope, platform, foreignScopesMs) =>
  built.scan(family, scope, platform, foreignScopesMs ?? FOREIGN_SCOPES_TIMEOUT_MS)

/** A clean-up that waits for the scopes of others at each scan. */
export const cleanUp: typeof CleanUp = (request) =>
  built.cleanUp({ foreignScopesMs: FOREIGN_SCOPES_TIMEOUT_MS, ...request })
