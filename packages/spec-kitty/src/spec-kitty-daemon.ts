/**
 * The entry module of both daemons: `node spec-kitty-daemon.js sync --spec-kitty-daemon-root=ROOT` and `node
 * spec-kitty-daemon.js dashboard --spec-kitty-dashboard-project=DIR`. The name of this file and the form of its arguments
 * are frozen, because later versions recognise a daemon by them.
 */
import { dashboardDaemon, syncDaemon } from './daemons/define-daemons.js'
import { VERSION_VARIABLE } from './installation.js'

const { [VERSION_VARIABLE]: version } = process.env
const reported = version === undefined ? {} : { version }

if (syncDaemon.isDaemonProcess) void orExplain(serveSync)
else if (dashboardDaemon.isDaemonProcess) void orExplain(serveDashboard)
else {
  process.stderr.write(
    'usage: spec-kitty-daemon.js sync --spec-kitty-daemon-root=PATH\n       spec-kitty-daemon.js dashboard --spec-kitty-dashboard-project=PATH\n',
  )
  process.exitCode = 2
}

async function serveSync(): Promise<void> {
  const { createSyncService } = await import('./sync/daemon/service.js')
  const { handler, work, health } = createSyncService(syncDaemon.scope, process.env)
  await syncDaemon.serve(handler, { ...reported, work, health })
}

async function serveDashboard(): Promise<void> {
  const { dashboardPages } = await import('./dashboard/page-routes.js')
  await dashboardDaemon.serve(null, { ...reported, pages: dashboardPages(dashboardDaemon.scope, version) })
}

/** If the daemon cannot be started, writes the reason to stderr, which the command that started this process reads. */
async function orExplain(serve: () => Promise<void>): Promise<void> {
  try {
    await serve()
  } catch (error) {
    process.stderr.write(`spec-kitty: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
}
