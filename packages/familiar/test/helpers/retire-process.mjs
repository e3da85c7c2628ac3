// @ts-check
import { acquireLock } from '../../dist/act/acquire-lock.js'
import { sendSignal } from '../../dist/act/signal.js'
import { terminate } from '../../dist/act/terminate-process.js'
import { USER_SCOPE_RULES } from '../../dist/classify/decision-tables.js'
import { scan } from '../../dist/observe/scan.js'
import { selectPlatform } from '../../dist/observe/platform/select.js'

/**
 * A process that scans one port, and tries to end what it has proven there: `retire-process.mjs PORT ROOT LOCK`.
 * It says as JSON how far it came. To be run with other rights than the test has.
 */

const [, , portText = '0', root = '', lockPath = ''] = process.argv
const port = Number(portText)

/** @type {import('../../dist/family.js').Family} */
const family = {
  name: 'sync',
  ports: { from: port, to: port + 1 },
  rules: USER_SCOPE_RULES,
  startingSeconds: 0,
  reasonNames: { other_family: 'other_family', not_ours: 'not_ours' },
  shapes: [
    {
      implementation: 'predecessor',
      head: [/.+/, /-c/, /(?:.*\n)?run_sync_daemon\((?<port>\d+), '(?<token>[^']+)'\)\s*/],
      marker: /--spec-kitty-daemon-root=(?<scope>.+)/,
    },
  ],
  readSelfReport: () => null,
  tokenDirectory: null,
  scopesInEnvironment: null,
  files: (scope) => ({
    record: `${scope}/record.json`,
    predecessorRecords: [`${scope}/sync-daemon`],
    sharedOwner: null,
    lifecycleLock: lockPath,
    daemonLock: `${scope}/daemon.lock`,
    log: `${scope}/daemon.log`,
  }),
  predecessors: [],
  relatives: [],
}

const platform = await selectPlatform()
const [candidate] = (await scan(family, root, platform)).candidates
const proof = candidate?.proof ?? null
if (proof === null) {
  console.log(JSON.stringify({ isProven: false }))
} else {
  const lock = await acquireLock(lockPath, { holder: { pid: process.pid, startTime: null } })
  const signal = await sendSignal(platform, family, proof, 'SIGTERM', () => undefined)
  const retirement = await terminate(lock, platform, family, proof, { stepMs: 100 })
  lock.release()
  console.log(JSON.stringify({ isProven: true, signal, retirement }))
}
