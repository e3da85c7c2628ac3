import { defineDaemon, type Daemon } from 'familiar'
import { dashboard } from './dashboard.js'
import { sync } from './sync.js'

/** Each daemon names the other as its sibling, so that a clean-up of one never touches the other. */
export const syncDaemon: Daemon = defineDaemon({ ...sync, siblings: () => [dashboardDaemon] })
export const dashboardDaemon: Daemon = defineDaemon({ ...dashboard, siblings: () => [syncDaemon] })
