import { join } from 'node:path'
import type { DaemonOptions } from 'familiar'
import { processRoot } from '../cli/runtime-root.js'
import { ENVIRONMENT, INSTALLED } from '../installation.js'
import { OWN_ENTRY } from './own-entry.js'
import { pythonSync } from './predecessor-sync.js'
import { WORDS } from './user-words.js'

/** The sync daemon: one for each runtime root. Its scope is the root. */
export const sync: DaemonOptions = {
  ...INSTALLED,
  name: 'sync',
  scope: processRoot,
  scopeKind: 'user',
  ports: { from: 9400, to: 9450 },
  // A sync daemon that has nothing to do exits after a quarter of an hour; the next command starts another.
  idleTimeoutSeconds: 900,
  maxBodyBytes: 1024 * 1024,
  // The daemon connects to a server whose certificate may be issued by the user's company.
  env: [...ENVIRONMENT, 'NODE_EXTRA_CA_CERTS'],
  commandLine: { role: 'sync', scopeFlag: '--spec-kitty-daemon-root=', entry: OWN_ENTRY },
  files: (root) => ({
    record: join(root, 'daemons', 'sync', 'record.json'),
    lifecycleLock: join(root, 'daemons', 'sync', 'lifecycle.lock'),
    daemonLock: join(root, 'daemons', 'sync', 'daemon.lock'),
    log: join(root, 'daemons', 'sync', 'daemon.log'),
  }),
  predecessors: [pythonSync],
  words: WORDS.sync,
}
