import * as cleanup from '../../dist/act/cleanup.js'
import * as looking from '../../dist/observe/look.js'
import type { cleanUp as CleanUp } from '../../src/act/cleanup.js'
import type { look as Look } from '../../src/observe/look.js'

/**
 * The built library, for tests in which scopes of others are read: that is done in a child process, which needs the
 * built files. Proofs made here are none to the sources: they know only their own.
 */
export const look = looking.look as unknown as typeof Look
export const cleanUp = cleanup.cleanUp as unknown as typeof CleanUp

/**
 * For tests that need to be told of another root: a look gives up on those when its second is over, and on a machine
 * with too much to do that comes to pass. What a look does then has tests of its own, which are not repeated.
 */
export const TOLD_IN_TIME = { retry: 4 } as const
