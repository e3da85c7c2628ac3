import type { Family } from 'familiar'
import { dashboard } from './dashboard.js'
import { sync } from './sync.js'

/** The two families know each other, and stay apart: what is one's is never touched by a clean-up of the other. */
export const syncFamily: Family = { ...sync, relatives: [dashboard] }
export const dashboardFamily: Family = { ...dashboard, relatives: [sync] }
