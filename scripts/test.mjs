// @ts-check
/**
 * `npm test`: everything that proves behaviour. First what needs no real port range, then what does, in a private
 * network where the machine allows one. Arguments are handed to vitest; `--project live` runs only that part.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inPrivateNetwork } from './private-network.mjs'

const args = process.argv.slice(2)
const chosen = args.indexOf('--project')
const projects = chosen < 0 ? ['unit', 'live'] : [args[chosen + 1] ?? '']
const others = chosen < 0 ? args : args.toSpliced(chosen, 2)
const reports = mkdtempSync(join(tmpdir(), 'familiar-reports-'))
const total = { passed: 0, failed: 0, skipped: 0 }

for (const project of projects) {
  const report = join(reports, `${project}.json`)
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', project]
  const command = [
    ...vitest,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...others,
  ]
  const status = run(project === 'live' ? withNetwork(command) : command)
  count(report, status)
}
rmSync(reports, { recursive: true })
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/** @param {readonly string[]} command */
function withNetwork(command) {
  const wrapped = inPrivateNetwork(command)
  if (wrapped === null)
    console.log('no private network on this machine: the live tests use the real port ranges')
  return wrapped ?? command
}

/** @param {readonly string[]} command */
function run(command) {
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status
}

/**
 * A run that ended badly without a failed test (a file that did not load, a leak) counts as one failure.
 *
 * @param {string} report
 * @param {number | null} status
 */
function count(report, status) {
  const failedBefore = total.failed
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'))
    total.passed += json.numPassedTests
    total.failed += json.numFailedTests
    total.skipped += json.numPendingTests + (json.numTodoTests ?? 0)
  } catch {
    total.failed += 1
  }
  if (status !== 0 && total.failed === failedBefore) total.failed += 1
}
