import type { Check } from './check.js'
import { missionChecks, syncChecks } from './meaning-of-tool.js'
import { identityChecks, terminalChecks, versionChecks } from './meaning-of-library.js'
import { pieceChecks } from './meaning-of-pieces.js'

/** Checks that a parser returns what was written: round trips, orders, and results that bad input must never produce. */
export function meaningChecks(): readonly Check[] {
  return [
    ...terminalChecks(),
    ...identityChecks(),
    ...versionChecks(),
    ...syncChecks(),
    ...pieceChecks(),
    ...missionChecks(),
  ]
}
