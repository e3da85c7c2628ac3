import { refuseStart, serve } from '../daemon/serve.js'
import { openLog } from '../daemon/log.js'
import type { Work } from '../daemon/lifecycle.js'
import type { Pages } from '../daemon/pages.js'
import type { Handler } from '../daemon/web-handler.js'
import { FamiliarError } from '../errors.js'
import { objectOf, type JsonObject } from '../json.js'
import { realPath } from '../observe/peek.js'
import { selectPlatform } from '../observe/platform/select.js'
import type { Definition } from './resolve-definition.js'
import { healthReader } from './author-functions.js'
import { assertHandler, assertInRange, checked, invalid } from './check-definition.js'
import { isChanged } from './installation.js'
import { launchArgs } from './recognise.js'

export interface ServeSettings {
  /** Answers GET and HEAD requests without a token, for example from a browser on this machine. */
  readonly public?: Handler | undefined
  /** Like `public`, but for pages whose replies are kept in memory. Returns null if there is no such page. */
  readonly pages?: Pages | undefined
  /**
   * Returns the part of the health reply that describes the running daemon: at most 32 KiB of JSON. It replaces the
   * definition's `health`, and every user of the machine can read it. If the function fails while the daemon runs, the
   * reply is sent without it and the log says so (`health_failed`).
   */
  readonly health?: (() => JsonObject & { readonly owner?: JsonObject }) | undefined
  /** The work that the daemon does in addition to answering requests. */
  readonly work?: Work | undefined
  /** The version to report instead of the installed one, for tests that simulate another version. */
  readonly version?: string | undefined
  /**
   * Runs in the caller's terminal until Ctrl+C, instead of as a background process. A process with another command line than
   * the daemon's must say for which scope: `daemon.at(daemon.scope).serve(handler, { foreground })`.
   */
  readonly foreground?:
    | {
        /** The only port to try. */
        readonly port?: number | undefined
        /** Called once, when the daemon serves requests. */
        readonly onReady: (at: { readonly url: string; readonly port: number }) => void
        /** Called if the daemon could not start, instead of ending the process. */
        readonly onFailure: (error: FamiliarError) => void
        /** Called when the daemon has shut down. By default, ends the process. */
        readonly exit?: ((code: number) => void) | undefined
      }
    | undefined
}

/** A process can be only one daemon: a second call of `serve` would take over its startup pipe and its working directory. */
let isServing = false

/** Runs the daemon in this process. `scope` is null if this process was started neither as the daemon nor for one scope. */
export async function serveDaemon(
  definition: Definition,
  scope: string | null,
  handler: Handler | null,
  settings: ServeSettings,
): Promise<void> {
  if (isServing) throw invalid('serve', 'it was called already: a process is one daemon')
  const mayHavePipe = settings?.foreground === undefined && process.env['LISTEN_FDS'] === undefined
  try {
    assertHandler(handler)
    checked('serve', settings)
    assertForegroundPort(definition, settings)
    if (scope === null) throw notStarted(definition)
  } catch (error) {
    if (error instanceof FamiliarError) await refuseStart(error, mayHavePipe)
    throw error
  }
  const { public: publicHandler, pages, health, work, version, foreground } = settings
  const real = realPath(scope) ?? scope
  const { options, family, installation } = definition
  // The version that the running code states, if any: the package on disk may have been replaced since the code was
  // loaded.
  const running = options.version ?? installation.version
  const logFile = family.files(real).log
  const described = healthReader(
    health === undefined ? 'defineDaemon' : 'serve',
    health ?? (() => options.health?.(real) ?? {}),
    (why) => openLog(logFile).write('health_failed', { why }),
  )
  isServing = true
  await serve({
    family,
    scope: real,
    platform: await selectPlatform(),
    logFile,
    packageVersion: version ?? definition.version,
    protocolVersion: options.protocol ?? 1,
    buildTime: options.buildTime ?? null,
    describe: () => {
      const { owner, ...more } = described()
      return { ...more, owner: { ...objectOf(owner), source_checkout_path: installation.directory } }
    },
    ...(handler === null ? {} : { handler }),
    ...(publicHandler === undefined ? {} : { publicHandler }),
    ...(options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes }),
    ...(pages === undefined ? {} : { pages }),
    ...(work === undefined ? {} : { work }),
    isInstallationChanged: () => isChanged(installation, running),
    timing: definition.timing,
    mayHavePipe,
    exit: foreground?.exit ?? ((code) => process.exit(code)),
    ...(foreground === undefined
      ? {}
      : {
          isForeground: true,
          port: foreground.port ?? null,
          onReady: ({ url, port }) => foreground.onReady({ url, port }),
          onFailure: (error: FamiliarError) => {
            isServing = false
            foreground.onFailure(error)
          },
        }),
  })
}

function assertForegroundPort({ family }: Definition, { foreground }: ServeSettings): void {
  assertInRange('serve', 'foreground.port', foreground?.port, family.ports)
}

function notStarted({ commandLine, installation, options, defaultScope }: Definition): FamiliarError {
  const args = launchArgs(commandLine, options.execArgv ?? [], installation.entry, defaultScope())
  return new FamiliarError(
    'E_DAEMON_UNRECOGNISABLE',
    `this process was not started as the ${options.name} daemon: its command line has no ${commandLine.role} ${commandLine.scopeFlag}...`,
    {
      hint: `use one definition for commands and daemon; to run it by hand: ${[process.execPath, ...args].join(' ')}`,
    },
  )
}
