// @ts-check
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The entry of a daemon that gets no lock although its starter does: the daemon itself is the child of this one. */
const LAUNCHER = fileURLToPath(new URL('refuse-calls.py', import.meta.url))
const DAEMON = fileURLToPath(new URL('../fixtures/processes/daemon.mjs', import.meta.url))

const command = [LAUNCHER, 'lock=ENOLCK', process.execPath, DAEMON, ...process.argv.slice(2)]
const { status } = spawnSync('python3', command, { stdio: ['inherit', 'inherit', 'inherit', 3] })
process.exitCode = status ?? 1
