import type { Family } from 'familiar'
import { dashboard, dashboardTokens } from './dashboard.js'
import { sync } from './sync.js'

/** The two families know each other, and stay apart: what is one's is never touched by a clean-up of the other. */
export const syncFamily: Family = { ...sync, relatives: [dashboard] }

/** Returns the family of the dashboards, as the user with this runtime root sees it. */
export function dashboardFamily(root: string): Family {
  return { ...dashboard, tokenDirectory: dashboardTokens(root), relatives: [sync] }
}

/** Where dashboards listen. */
export const DASHBOARD_PORTS = dashboard.ports
