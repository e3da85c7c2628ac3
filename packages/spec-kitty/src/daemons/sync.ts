import { join } from 'node:path'
import { COMMANDS } from './commands.js'
import { syncFamily } from './families.js'
import { MARKERS } from './markers.js'
import type { ToolDaemon } from './tool-daemon.js'

/** A hint for the case that this root's daemon runs where a command cannot reach it. */
export const OTHER_ROOT = 'set SPEC_KITTY_HOME to another directory to have another daemon here'

/** A sync daemon that has nothing to do exits after a quarter of an hour; the next command starts another. */
const SYNC_DAEMON_IDLE_RETIREMENT_SECONDS = 900

/** The sync daemon: one for each runtime root. Its scope is the root. */
export const syncDaemon: ToolDaemon = {
  family: syncFamily,
  marker: MARKERS.sync,
  title: 'sync daemon',
  commands: COMMANDS.sync,
  logFile: (root) => join(root, 'daemons', 'sync', 'daemon.log'),
  otherScopeHint: OTHER_ROOT,
  idleSeconds: SYNC_DAEMON_IDLE_RETIREMENT_SECONDS,
  // No sync: this version has no queue and uploads nothing.
  health: () => ({
    sync: { running: false, last_sync: null, consecutive_failures: 0 },
    owner: {
      server_url: null,
      auth_principal: null,
      auth_team: null,
      auth_scope: null,
      queue_db_path: null,
    },
  }),
}
