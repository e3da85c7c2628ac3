/**
 * The entry of every own daemon: `node spec-kitty-daemon.js sync --spec-kitty-daemon-root=ROOT` and
 * `node spec-kitty-daemon.js dashboard --spec-kitty-dashboard-project=DIR`. The name of this file and the form of its
 * arguments are frozen: later versions recognise a daemon by them.
 */
import { homeDirectory } from './cli/home.js'
import { runtimeRoot } from './cli/runtime-root.js'
import { MARKERS } from './daemons/markers.js'
import type { DaemonOptions } from './daemons/serve.js'
import { VERSION_VARIABLE } from './installation.js'

const { argv, env } = process
const [family = '', ...rest] = argv.slice(2)
const marker: string | undefined = Object.entries(MARKERS).find(([name]) => name === family)?.[1]
const scope =
  marker === undefined ? undefined : rest.find((one) => one.startsWith(marker))?.slice(marker.length)

if (scope === undefined || scope === '') {
  const forms = Object.entries(MARKERS).map(([name, text]) => `spec-kitty-daemon.js ${name} ${text}PATH\n`)
  process.stderr.write(`usage: ${forms.join('       ')}`)
  process.exitCode = 2
} else {
  void run({
    scope,
    reportedVersion: env[VERSION_VARIABLE],
    mayHavePipe: env['LISTEN_FDS'] === undefined,
    exit: (code) => process.exit(code),
  })
}

async function run(options: DaemonOptions): Promise<void> {
  const { runDaemon } = await import('./daemons/serve.js')
  if (family === 'sync') {
    const { syncDaemon } = await import('./daemons/sync.js')
    return runDaemon(syncDaemon, options)
  }
  const root = rootOrNull()
  if (root === null) return
  const [{ dashboardDaemon }, { dashboardPages }] = await Promise.all([
    import('./daemons/dashboard.js'),
    import('./dashboard/pages.js'),
  ])
  const pagesOf: DaemonOptions['pagesOf'] = (project, platform) => dashboardPages(project, root, platform)
  return runDaemon(dashboardDaemon(root), { ...options, pagesOf })
}

/**
 * Returns the runtime root, which contains a dashboard's log and token. If it cannot be determined, returns null, sets
 * exit code 2, and writes the reason to stderr, which the command that started the daemon reads.
 */
function rootOrNull(): string | null {
  const context = {
    env,
    get home() {
      return homeDirectory()
    },
  }
  try {
    return runtimeRoot(context)
  } catch (error) {
    process.stderr.write(`spec-kitty: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
    return null
  }
}
