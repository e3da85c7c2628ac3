// @ts-check
import { spawn } from 'node:child_process'
import { spawnHostile } from '../stand-ins/hostile.mjs'
import { REAL_END_CPU_MS, spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'
import { ORPHANS_FROM, RANGE, STAGES } from './stage-kinds.mjs'
import { timeCommand } from './time-command.mjs'

/**
 * `stage-main.mjs NAME ROOT`, with an IPC channel: sets up a stage and times commands on it. Sends `ready`, then answers
 * every command with its timing, and takes the stage down when the channel closes.
 */

const VERSIONS = ['3.2.2', '3.2.3', '3.2.4']
const [, , name = '', root = ''] = process.argv
const stage = STAGES[/** @type {import('./stage-kinds.mjs').StageName} */ (name)]

/** @type {number | undefined} */
let crowd
process.on('SIGINT', () => {})
process.on('disconnect', takeDown)
process.on('message', async (/** @type {import('./time-command.mjs').Command} */ command) => {
  process.send?.(await timeCommand(command))
})
await setUp(stage)
process.send?.('ready')

/** @param {import('./stage-kinds.mjs').Stage} stage */
async function setUp({ orphans = 0, behaviour, listeners = 0, kinds = [], sleepers = 0 }) {
  await Promise.all([
    ...count(orphans).map((index) =>
      spawnPredecessor({
        family: 'sync',
        port: ORPHANS_FROM + index,
        version: VERSIONS[index % VERSIONS.length] ?? '',
        root,
        behaviour,
        endCpuMs: REAL_END_CPU_MS,
      }),
    ),
    ...freePorts(orphans)
      .slice(0, listeners)
      .map((port, index) => spawnHostile(kinds[index % kinds.length] ?? 'silent', port)),
  ])
  if (sleepers > 0) crowd = await startSleepers(sleepers)
}

/** Returns the ports of the range that no orphan uses. @param {number} orphans */
function freePorts(orphans) {
  const ports = count(RANGE.to - RANGE.from).map((index) => RANGE.from + index)
  return ports.filter((port) => port < ORPHANS_FROM || port >= ORPHANS_FROM + orphans)
}

/** Starts the sleepers in their own process group and resolves with its id. @param {number} sleepers */
async function startSleepers(sleepers) {
  const script = `i=0; while [ $i -lt ${sleepers} ]; do sleep 3600 & i=$((i+1)); done; echo ready; wait`
  const shell = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => shell.stdout.once('data', resolve))
  shell.stdout.destroy()
  return shell.pid
}

async function takeDown() {
  if (crowd !== undefined) process.kill(-crowd, 'SIGKILL')
  await stopAll()
  process.exit()
}

/** @param {number} length */
function count(length) {
  return Array.from({ length }, (_, index) => index)
}
