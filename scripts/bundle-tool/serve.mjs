// @ts-check
import { CLEAN_EVERY_MS, DRAIN_MS, selectPlatform, serve, TICK_MS } from 'familiar'
import { family, logFile, PROTOCOL_VERSION, realScope, VERSION } from './tool.mjs'

/**
 * Runs the daemon of the scope. It answers `render` with the text in capital letters.
 *
 * @param {string} named
 */
export async function runDaemon(named) {
  const scope = realScope(named)
  await serve({
    family,
    scope,
    platform: await selectPlatform(),
    logFile: logFile(scope),
    packageVersion: VERSION,
    protocolVersion: PROTOCOL_VERSION,
    buildTime: null,
    describe: () => ({}),
    routes: {
      'POST /api/render': async ({ body }) => ({
        status: 200,
        json: { text: String(/** @type {{ text: unknown }} */ (body).text).toUpperCase(), pid: process.pid },
      }),
    },
    isInstallationChanged: () => false,
    timing: { tickMs: TICK_MS, idleMs: 60_000, drainMs: DRAIN_MS, cleanEveryMs: CLEAN_EVERY_MS },
    mayHavePipe: true,
    exit: (code) => process.exit(code),
  })
}
