import type { Family } from 'familiar'
import { dashboard, dashboardTokens } from './recognise-dashboard.js'
import { sync } from './recognise-sync.js'

/** Each family names the other as its relative, so that a clean-up of one never touches a daemon of the other. */
export const syncFamily: Family = { ...sync, relatives: [dashboard] }

/** Returns the dashboard family, with the token directory of this runtime root. */
export function dashboardFamily(root: string): Family {
  return { ...dashboard, tokenDirectory: dashboardTokens(root), relatives: [sync] }
}

/** The port range of the dashboards. */
export const DASHBOARD_PORTS: Family['ports'] = dashboard.ports
