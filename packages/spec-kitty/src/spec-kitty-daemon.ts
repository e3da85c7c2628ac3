/**
 * The entry of every daemon of ours: `node spec-kitty-daemon.js sync --spec-kitty-daemon-root=ROOT`. The name of this
 * file and the form of its arguments are frozen: they are how later versions recognise a daemon.
 */
import { VERSION_VARIABLE } from './installation.js'
import { runSyncDaemon } from './sync/daemon.js'

const MARKER = '--spec-kitty-daemon-root='

const [family, ...rest] = process.argv.slice(2)
const root = rest.find((argument) => argument.startsWith(MARKER))?.slice(MARKER.length)

if (family !== 'sync' || root === undefined || root === '') {
  process.stderr.write(`usage: spec-kitty-daemon.js sync ${MARKER}ROOT\n`)
  process.exitCode = 2
} else {
  void runSyncDaemon({
    root,
    reportedVersion: process.env[VERSION_VARIABLE],
    isSocketActivated: process.env['LISTEN_FDS'] !== undefined,
    exit: (code) => process.exit(code),
  })
}
