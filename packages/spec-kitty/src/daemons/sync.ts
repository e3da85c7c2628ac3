import { join } from 'node:path'
import { COMMANDS } from './commands.js'
import { syncFamily } from './families.js'
import type { ToolDaemon } from './tool-daemon.js'

/** A hint for the case that this root's daemon runs where a command cannot reach it. */
export const OTHER_ROOT = 'set SPEC_KITTY_HOME to another directory to have another daemon here'

/** The sync daemon: one for each runtime root. Its scope is the root. */
export const syncDaemon: ToolDaemon = {
  family: syncFamily,
  marker: '--spec-kitty-daemon-root=',
  title: 'sync daemon',
  commands: COMMANDS.sync,
  logFile: (root) => join(root, 'daemons', 'sync', 'daemon.log'),
  otherScopeHint: OTHER_ROOT,
  idleSeconds: 900,
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
