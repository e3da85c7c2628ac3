import { definitionOf, type Family } from 'familiar/internals'
import { dashboardDaemon, syncDaemon } from '../../src/daemons/define-daemons.js'

/** The families as the definitions of the daemons make them. */
export const syncFamily: Family = definitionOf(syncDaemon).family
export const dashboardFamily: Family = definitionOf(dashboardDaemon).family
