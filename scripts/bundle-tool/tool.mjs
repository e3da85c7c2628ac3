// @ts-check
/**
 * A small tool with a daemon, for scripts/test-bundles.mjs: what its command and its daemon share. It gets its scope and its
 * ports from the environment, so that several copies can run on one machine.
 */
import { dirname, extname, join } from 'node:path'
import { defineDaemon } from 'familiar'

const [from = 20_000, to = 20_001] = (process.env['BUNDLE_TOOL_PORTS'] ?? '20000-20001')
  .split('-')
  .map(Number)

/** With two bundles, the daemon is the second one, beside the first. With one bundle, it is both, which is the default. */
const entry = () => join(dirname(process.argv[1] ?? ''), `daemon${extname(process.argv[1] ?? '')}`)

export const tool = defineDaemon({
  name: 'bundle-tool',
  version: '1.0.0',
  ...(process.env['BUNDLE_TOOL_FILES'] === '1' ? {} : { entry }),
  scope: () => process.env['BUNDLE_TOOL_SCOPE'] ?? '',
  scopeKind: 'user',
  ports: { from, to },
  idleTimeoutSeconds: 60,
  env: ['BUNDLE_TOOL_*'],
  files: (scope) => ({
    record: join(scope, 'record.json'),
    lifecycleLock: join(scope, 'lifecycle.lock'),
    daemonLock: join(scope, 'daemon.lock'),
    log: join(scope, 'daemon.log'),
  }),
})
