/**
 * Which part of the source may import which, and which file may use what is dangerous. Everything that no line allows is
 * forbidden, so a new folder starts with nothing.
 */

/** A file or a folder with everything below it, as a path below `packages/` without `src/`. */
type Part = string

export interface Wall {
  readonly part: Part
  /** Parts and packages. A file may always import from its own part. */
  readonly may: readonly string[]
  /** Whether it has no effects and reads nothing of the machine: then it may import no module of Node. */
  readonly isPure?: true
}

const LIBRARY = 'familiar/'
const TOOL = 'spec-kitty/'

const library = (names: string): readonly Part[] => names.split(' ').map((name) => LIBRARY + name)
const tool = (names: string): readonly Part[] => names.split(' ').map((name) => TOOL + name)

/** The wall with the longest part counts for a file, and only that one. */
export const WALLS: readonly Wall[] = [
  { part: 'familiar/errors.ts', may: [] },
  { part: 'familiar/dispose.ts', may: [], isPure: true },
  { part: 'familiar/runtime.ts', may: library('errors.ts') },
  { part: 'familiar/json.ts', may: [], isPure: true },
  { part: 'familiar/clock.ts', may: [], isPure: true },
  { part: 'familiar/load-beside.ts', may: [], isPure: true },
  { part: 'familiar/part-missing.ts', may: [], isPure: true },
  { part: 'familiar/identity', may: library('json.ts'), isPure: true },
  { part: 'familiar/protocol', may: library('json.ts identity') },
  { part: 'familiar/classify', may: library('json.ts identity protocol'), isPure: true },
  { part: 'familiar/family.ts', may: library('json.ts classify identity protocol'), isPure: true },
  {
    part: 'familiar/observe/platform',
    may: library('errors.ts json.ts runtime.ts identity protocol observe/small-file.ts'),
  },
  {
    part: 'familiar/observe',
    may: library(
      'errors.ts json.ts clock.ts family.ts load-beside.ts identity protocol classify observe/platform',
    ),
  },
  {
    part: 'familiar/act',
    may: library('errors.ts json.ts clock.ts family.ts identity protocol classify observe'),
  },
  {
    part: 'familiar/client',
    may: library(
      'errors.ts json.ts clock.ts family.ts load-beside.ts identity protocol classify observe act',
    ),
  },
  {
    part: 'familiar/daemon',
    may: library(
      'errors.ts json.ts clock.ts family.ts dispose.ts part-missing.ts identity protocol classify observe act daemon/retirement.ts',
    ),
  },
  {
    part: 'familiar/define',
    may: library(
      'errors.ts json.ts family.ts dispose.ts identity protocol classify observe act client daemon define/define-daemon.ts',
    ),
  },
  // The only way from a definition to the commands about it.
  {
    part: 'familiar/define/define-daemon.ts',
    may: library('identity classify observe act client daemon define cli/run.ts'),
  },
  {
    part: 'familiar/doctor',
    may: library('json.ts clock.ts identity classify observe act define/options.ts define/hints.ts'),
    isPure: true,
  },
  {
    part: 'familiar/cli',
    may: library(
      'errors.ts json.ts clock.ts part-missing.ts identity classify observe act client define define/define-daemon.ts doctor',
    ),
  },
  { part: 'familiar/daemon/retirement.ts', may: library('classify'), isPure: true },
  { part: 'familiar/index.ts', may: [LIBRARY], isPure: true },
  { part: 'familiar/internals.ts', may: [LIBRARY], isPure: true },
  { part: 'familiar/testing.ts', may: library('dispose.ts errors.ts define identity protocol observe') },

  { part: 'spec-kitty/version.ts', may: [], isPure: true },
  { part: 'spec-kitty/cli', may: ['familiar', 'familiar/cli'] },
  // The daemon's entry is only named, as the file to start.
  { part: 'spec-kitty/installation.ts', may: ['familiar', ...tool('version.ts spec-kitty-daemon.ts')] },
  {
    part: 'spec-kitty/daemons',
    may: ['familiar', 'familiar/cli', ...tool('cli installation.ts version.ts')],
  },
  {
    part: 'spec-kitty/sync',
    may: [
      'familiar',
      'familiar/cli',
      'smol-toml',
      'yaml',
      ...tool(
        'version.ts cli daemons sync/queue sync/event.ts sync/check-server-url.ts sync/url-text.ts sync/session sync/upload sync/daemon',
      ),
    ],
  },
  { part: 'spec-kitty/sync/check-server-url.ts', may: tool('sync/url-text.ts'), isPure: true },
  { part: 'spec-kitty/sync/url-text.ts', may: [], isPure: true },
  { part: 'spec-kitty/sync/event.ts', may: ['familiar/cli', ...tool('sync/queue')], isPure: true },
  {
    part: 'spec-kitty/sync/queue',
    may: [
      'familiar',
      'familiar/cli',
      '@photostructure/sqlite',
      ...tool(
        'sync/settings-table.ts sync/queue-size-limits.ts cli/own-places.ts cli/cure-file.ts cli/in-home.ts',
      ),
    ],
  },
  {
    part: 'spec-kitty/sync/session',
    may: [
      'familiar',
      'familiar/cli',
      ...tool(
        'sync/check-server-url.ts sync/url-text.ts sync/settings-table.ts sync/require-setting.ts sync/session/sign-in-service.ts cli/own-places.ts cli/cure-file.ts cli/in-home.ts',
      ),
    ],
  },
  // The only ones that load the client of the sign-in service.
  {
    part: 'spec-kitty/sync/session/device-login.ts',
    may: [
      'familiar',
      'familiar/cli',
      'openid-client',
      ...tool('sync/check-server-url.ts sync/session cli/in-home.ts'),
    ],
  },
  {
    part: 'spec-kitty/sync/session/find-sign-in-service.ts',
    may: ['familiar', 'familiar/cli', 'openid-client', ...tool('sync/url-text.ts sync/session')],
  },
  {
    // It connects as an upload does, so that there is one rule for proxies, certificates and localhost.
    part: 'spec-kitty/sync/session/bounded-fetch.ts',
    may: ['familiar/cli', ...tool('sync/check-server-url.ts sync/upload/proxy.ts sync/upload/open-agent.ts')],
  },
  {
    part: 'spec-kitty/sync/session/sign-in-service.ts',
    may: ['familiar/cli', 'openid-client', ...tool('sync/session')],
  },
  {
    part: 'spec-kitty/sync/session/auth-errors.ts',
    may: [
      'familiar/cli',
      'openid-client',
      ...tool('sync/upload/one-line.ts sync/upload/connection-errors.ts sync/login-command.ts'),
    ],
  },
  {
    part: 'spec-kitty/sync/upload',
    may: [
      'familiar',
      'familiar/cli',
      ...tool(
        'version.ts daemons/collect-garbage.ts sync/check-server-url.ts sync/url-text.ts sync/settings-table.ts sync/queue sync/upload',
      ),
    ],
  },
  {
    part: 'spec-kitty/sync/upload/answer.ts',
    may: [
      'familiar/cli',
      ...tool('sync/queue/queue-types.ts sync/upload/batch.ts sync/upload/upload-types.ts'),
    ],
    isPure: true,
  },
  {
    part: 'spec-kitty/sync/upload/back-off.ts',
    may: tool('sync/upload/upload-timing.ts'),
    isPure: true,
  },
  { part: 'spec-kitty/sync/upload/upload-timing.ts', may: [], isPure: true },
  { part: 'spec-kitty/sync/upload/batch.ts', may: tool('sync/queue/queue-types.ts'), isPure: true },
  {
    part: 'spec-kitty/sync/upload/cloud-events.ts',
    may: ['familiar/cli', ...tool('sync/queue/queue-types.ts sync/upload/batch.ts')],
    isPure: true,
  },
  { part: 'spec-kitty/sync/upload/connection-errors.ts', may: [], isPure: true },
  { part: 'spec-kitty/sync/upload/one-line.ts', may: ['familiar/cli'], isPure: true },
  { part: 'spec-kitty/doctor', may: ['familiar', 'familiar/cli', ...tool('cli daemons sync')] },
  {
    part: 'spec-kitty/dashboard',
    may: [
      'familiar',
      'familiar/cli',
      ...tool('cli version.ts installation.ts daemons doctor dashboard/api.ts dashboard/project'),
    ],
  },
  { part: 'spec-kitty/dashboard/api.ts', may: tool('dashboard/api'), isPure: true },
  { part: 'spec-kitty/dashboard/api', may: [], isPure: true },
  { part: 'spec-kitty/dashboard/clock-skew.ts', may: [], isPure: true },
  { part: 'spec-kitty/dashboard/shown-bytes.ts', may: [], isPure: true },
  { part: 'spec-kitty/dashboard/project', may: ['familiar/cli', 'yaml', ...tool('dashboard')] },
  {
    part: 'spec-kitty/dashboard/ui',
    may: [
      'preact',
      'preact/hooks',
      'marked',
      'dompurify',
      ...tool('dashboard/api.ts dashboard/clock-skew.ts dashboard/shown-bytes.ts'),
    ],
    isPure: true,
  },
  {
    part: 'spec-kitty/commands',
    may: ['familiar', 'familiar/cli', ...tool('version.ts cli daemons doctor sync dashboard')],
  },
  { part: 'spec-kitty/main.ts', may: ['familiar/cli', ...tool('version.ts cli commands')] },
  { part: 'spec-kitty/spec-kitty-daemon.ts', may: tool('installation.ts daemons dashboard sync') },
]

/** What is dangerous wherever it stands, a module or part of a global, and the only files that may use it. */
export const GRANTS: Readonly<Record<string, readonly Part[]>> = {
  'node:child_process': [
    ...library(
      'client/start-daemon.ts client/assert-can-start.ts observe/read-scopes-in-child.ts observe/platform/run-tool.ts observe/platform/spawn-aside.ts',
    ),
    ...tool('cli/open-browser.ts'),
  ],
  'fs-native-extensions': library('observe/platform/native-locks.ts'),
  /** `makeDirectory` is used instead: with `recursive`, Node's `mkdir` never ends below /proc. */
  mkdir: library('act/safe-file.ts'),
  'node:cluster': [],
  'node:process': [],
  'node:worker_threads': [],
  '.kill': library('act/signal.ts'),
  'process.platform': [
    ...library(
      'observe/platform/select.ts observe/platform/native-locks.ts observe/platform/look-command.ts define/scope-files.ts define/project-root.ts define/home-directory.ts',
    ),
    ...tool('cli/open-browser.ts'),
  ],
  'process.env': [
    ...library(
      'define/home-directory.ts define/resolve-definition.ts define/connect-method.ts define/stop-method.ts define/serve-method.ts testing.ts cli/process-io.ts',
    ),
    ...tool('main.ts spec-kitty-daemon.ts cli/runtime-root.ts cli/in-home.ts'),
  ],
  'process.argv': [...library('define/define-daemon.ts define/installation.ts'), ...tool('main.ts')],
  'process.exit': [...library('define/serve-method.ts cli/process-io.ts cli/prompt.ts')],
  'process.abort': [],
  /** By another name: `globalThis.process`, `const { kill } = process`. */
  process: tool('main.ts spec-kitty-daemon.ts'),
  console: [],
  /** And what loads it, such as `toLocaleTimeString`: the rules of languages take longer to load than Node takes to start. */
  Intl: tool('dashboard/project/work-packages.ts dashboard/ui'),
}
