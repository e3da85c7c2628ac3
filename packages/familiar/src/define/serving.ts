import { refuseStart, serve } from '../daemon/serve.js'
import type { Work } from '../daemon/lifecycle.js'
import type { Pages } from '../daemon/pages.js'
import type { Handler } from '../daemon/web-handler.js'
import { FamiliarError } from '../errors.js'
import type { JsonObject } from '../json.js'
import { realPath } from '../observe/peek.js'
import { selectPlatform } from '../observe/platform/select.js'
import type { Definition } from './resolve.js'
import { isChanged } from './installation.js'
import { launchArgs } from './recognise.js'

export interface ServeSettings {
  /** Answers GET and HEAD requests without a token, as of a browser on this machine. */
  readonly public?: Handler
  /** The same, for pages whose replies are kept in memory; null if there is no such page. */
  readonly pages?: Pages
  /** What the health reply says of the running daemon, instead of what the definition says. Every user can read it. */
  readonly health?: () => JsonObject & { readonly owner?: JsonObject }
  /** What the daemon does besides answering requests. */
  readonly work?: Work
  /** The version to report instead of the installed one; only for tests that simulate another. */
  readonly version?: string
  /** In the caller's terminal, until Ctrl+C, instead of as a process of its own. */
  readonly foreground?: {
    /** The only port to try. */
    readonly port?: number
    /** Called once, when it serves. */
    readonly onReady: (at: { readonly url: string; readonly port: number }) => void
    /** Called instead of ending the process, if it could not start. */
    readonly onFailure: (error: FamiliarError) => void
    /** Called when it has left; ends the process by default. */
    readonly exit?: (code: number) => void
  }
}

/** Runs the daemon in this process. `scope` is null if this process was started neither as the daemon nor for one scope. */
export async function serveDaemon(
  definition: Definition,
  scope: string | null,
  handler: Handler | null,
  { public: publicHandler, pages, health, work, version, foreground }: ServeSettings,
): Promise<void> {
  const mayHavePipe = foreground === undefined && process.env['LISTEN_FDS'] === undefined
  if (scope === null) {
    const failure = notStarted(definition)
    await refuseStart(failure, mayHavePipe)
    throw failure
  }
  const real = realPath(scope) ?? scope
  const { options, family, installation } = definition
  // Of the running code if it says so: the package may have been replaced between its loading and now.
  const running = options.version ?? installation.version
  await serve({
    family,
    scope: real,
    platform: await selectPlatform(),
    logFile: family.files(real).log,
    packageVersion: version ?? definition.version,
    protocolVersion: options.protocol ?? 1,
    buildTime: options.buildTime ?? null,
    describe: () => {
      const { owner, ...more } = health?.() ?? options.health?.(real) ?? {}
      return { ...more, owner: { ...owner, source_checkout_path: installation.directory } }
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
          onFailure: foreground.onFailure,
        }),
  })
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
