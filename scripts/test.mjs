// @ts-check
/**
 * `npm test`: runs all tests except the long ones (long-tests.mjs). First runs those that start no process, then those
 * with their own port ranges and, at the same time if the machine allows private networks, those on the real ranges.
 * Arguments are passed to vitest; `--project unit`, `process` or `live` runs only that part.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markRun, processesLeft } from './left-behind.mjs'
import { inPrivateNetwork } from './private-network.mjs'
import { rowsOf } from './test-rows.mjs'

/** How many files run at the same time. They mostly wait for processes, so four keep two cores busy. */
const WORKERS = 4

/** The same while live files run. All together use two cores for three quarters of the time, because many files mostly wait. */
const WORKERS_BESIDE_ROWS = 3

/** How many rows of busy live files run at the same time. One more row has those that mostly wait (test-rows.mjs). */
const ROWS = 2

const VITEST = 'node_modules/vitest/vitest.mjs'

/** Runs a command and fails if a process of this run outlives it. */
const WATCHED = [process.execPath, 'scripts/left-behind.mjs']

/**
 * Every scan reads the table of connections, in the tests and in the processes that they start. With the table of the
 * machine, that takes a tenth of the total time.
 */
const FASTER = { hasSmallTable: false }

// With this variable, every start of Node takes three times as long, because it reads the certificates.
delete process.env['NODE_EXTRA_CA_CERTS']

// From Node 22 on, some tools keep what they have compiled beside the temporary files of the tests.
process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'

markRun()

const args = process.argv.slice(2)
const chosen = args.indexOf('--project')
const projects = chosen < 0 ? ['unit', 'process', 'live'] : [args[chosen + 1] ?? '']
const others = chosen < 0 ? args : args.toSpliced(chosen, 2)
const reports = mkdtempSync(join(tmpdir(), 'familiar-reports-'))

/** The directory for the temporary files of the tests. Whatever is in it at the end was left behind. Other users may enter it. */
const temporary = mkdtempSync(join(tmpdir(), 'fam-'))
chmodSync(temporary, 0o1777)
process.env['TMPDIR'] = temporary

/** Where the tests put the packed library, which all of them share. */
process.env['FAMILIAR_PACKED'] = reports

const total = { passed: 0, failed: 0, skipped: 0 }

/**
 * The failed tests with the reasons. They are printed again at the end, because a truncated log keeps its end.
 *
 * @type {string[]}
 */
const failures = []

/** The maximum number of characters of a failure that are printed again at the end. */
const FAILURE_LENGTH = 1_500

for (const parts of groupsOf(projects)) {
  const runs = parts.map(async ({ project, name, wrap, more }) => {
    const report = join(reports, `${name}.json`)
    count(report, await run(wrap([...vitest(project, report), ...others, ...more])))
  })
  await Promise.all(runs)
}
rmSync(reports, { recursive: true })
for (const left of [...(await processesLeft()), ...filesLeft()]) {
  console.error(`left behind: ${left}`)
  total.failed += 1
}
rmSync(temporary, { recursive: true, force: true })
for (const failure of failures) console.error(`\nFAILED ${failure}`)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/**
 * A run of vitest.
 *
 * @typedef {{ project: string, name: string, wrap: (command: string[]) => readonly string[], more: readonly string[] }} Part
 */

/**
 * Returns the runs of the projects in groups. The runs of a group happen at the same time.
 *
 * @param {readonly string[]} wanted
 * @returns {readonly (readonly Part[])[]}
 */
function groupsOf(wanted) {
  const rows = wanted.includes('live') ? liveParts() : []
  const isBeside = rows.length > 1
  const unit = wanted.includes('unit') ? [part('unit', WORKERS)] : []
  const workers = isBeside ? WORKERS_BESIDE_ROWS : WORKERS
  const processes = wanted.includes('process') ? [alone(part('process', workers))] : []
  return isBeside ? [unit, [...processes, ...rows]] : [unit, processes, rows]
}

/**
 * @param {string} project
 * @param {number} workers
 * @returns {Part}
 */
function part(project, workers) {
  return { project, name: project, wrap: (command) => command, more: [`--maxWorkers=${workers}`] }
}

/**
 * Returns the run in a private network and pid namespace, if the machine allows that. These tests and the daemons that
 * they start keep reading all processes, and in the namespace they see only their own.
 *
 * @param {Part} run
 * @returns {Part}
 */
function alone(run) {
  return { ...run, wrap: (command) => inPrivateNetwork([...WATCHED, ...command], FASTER) ?? command }
}

/**
 * @param {string} project
 * @param {string} report
 */
function vitest(project, report) {
  return [
    process.execPath,
    VITEST,
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
}

/**
 * Returns the runs of the live tests. Their files use the real port ranges, so they run one after the other. If the
 * machine allows private networks, several rows of files run in parallel, each in its own network and pid namespace.
 */
function liveParts() {
  if (inPrivateNetwork([]) === null) {
    console.log('no private network on this machine: the live tests use the real port ranges')
    return [{ project: 'live', name: 'live', wrap: (/** @type {string[]} */ command) => command, more: [] }]
  }
  const wrap = (/** @type {string[]} */ command) => inPrivateNetwork(command, FASTER) ?? command
  const rows = others.length > 0 ? [[]] : rowsOf(liveFiles(), ROWS)
  return rows.map((files, row) => ({ project: 'live', name: `live-${row + 1}`, wrap, more: files }))
}

function liveFiles() {
  const list = [VITEST, 'list', '--filesOnly', '--json', '--project', 'live']
  /** @type {readonly { readonly file: string }[]} */
  const files = JSON.parse(execFileSync(process.execPath, list, { encoding: 'utf8' }))
  return files.map(({ file }) => file)
}

/**
 * @param {readonly string[]} command
 * @returns {Promise<number | null>}
 */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'inherit' })
    child.once('error', () => resolve(null))
    child.once('exit', (code) => resolve(code))
  })
}

function filesLeft() {
  return readdirSync(temporary).map((name) => `file ${join(temporary, name)}`)
}

/**
 * Adds the results of a run to the total. A run that failed without a failed test (a file that did not load, a leak)
 * adds one failure.
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
    failures.push(...failuresIn(json))
  } catch {
    total.failed += 1
  }
  if (status !== 0 && total.failed === failedBefore) total.failed += 1
}

/**
 * Returns the failed tests of a report, each with its error, and the files that failed outside a test (in a hook).
 *
 * @param {{ testResults: { name: string, status: string, message: string,
 *   assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[] }} report
 */
function failuresIn(report) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    const ofTests = failed.map(
      ({ fullName, failureMessages }) => `${name}: ${fullName}\n${failureMessages.join('\n')}`,
    )
    const all = status === 'failed' && failed.length === 0 ? [`${name}\n${message}`] : ofTests
    return all.map((text) => text.slice(0, FAILURE_LENGTH))
  })
}
