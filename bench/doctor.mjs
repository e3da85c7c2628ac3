// @ts-check
/**
 * `node bench/doctor.mjs [M1 M2 ...] [--rounds N] [--json]`: takes the measurements and reports which targets are met.
 * Prints the table or JSON on stdout and progress on stderr, and writes the JSON to `bench/results/last.json`. Exit code
 * 1 if a target is missed, 2 if something could not be measured.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { installBeside } from './beside.mjs'
import { isHere } from './commands.mjs'
import { measure } from './measure-rows.mjs'
import { busyPorts } from './ports.mjs'
import { lineOf, renderTable } from './report.mjs'
import { ROWS } from './doctor-rows.mjs'

/** The result of the last run, with every sample. */
const RESULT = fileURLToPath(new URL('results/last.json', import.meta.url))

const OPTIONS = /** @type {const} */ ({
  rounds: { type: 'string', default: '11' },
  json: { type: 'boolean', default: false },
})

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
process.exitCode = await main().catch((error) => say(error.message, 2))

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const rounds = Number(values.rounds)
  const unknown = positionals.filter((id) => !ROWS.some((row) => row.id === id))
  if (unknown.length > 0) throw new Error(`no such measure: ${unknown.join(' ')}`)
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error(`no number of rounds: ${values.rounds}`)
  await demandPorts()
  installBeside(say)
  const chosen = ROWS.filter(({ id }) => positionals.length === 0 || positionals.includes(id))
  return run(chosen, rounds, values.json)
}

/** Throws if a private network is not possible and the real ports are in use. */
async function demandPorts() {
  if (inPrivateNetwork(['true']) !== null) return
  const busy = await busyPorts()
  if (busy.length > 0) throw new Error(`no private network here, and ports are in use: ${busy.join(' ')}`)
  say('no private network here: one stage at a time on the real ports, and slowly')
}

/** @param {readonly import('./doctor-rows.mjs').Row[]} chosen @param {number} rounds @param {boolean} isJson */
async function run(chosen, rounds, isJson) {
  const absent = new Set(chosen.map(({ of }) => of[1]).filter((command) => !isHere(command)))
  const rows = chosen.filter(({ of }) => !absent.has(of[1]))
  const load = loadavg()[0]?.toFixed(2)
  const machine = `${new Date().toISOString().slice(0, 10)}, Linux ${release()}, Node ${process.version}, ${availableParallelism()} cores, load ${load} before`
  const samples = await measure(rows, rounds, directory, say)
  const lines = rows.flatMap((row) => lineOf(row, samples) ?? [])
  const document = { machine, rounds, lines, absent: [...absent], samples: Object.fromEntries(samples) }
  mkdirSync(dirname(RESULT), { recursive: true })
  writeFileSync(RESULT, `${JSON.stringify(document, null, 2)}\n`)
  console.log(isJson ? JSON.stringify(document, null, 2) : renderTable(lines))
  say(`${machine}, ${rounds} rounds, medians`)
  for (const command of absent) say(`not on this machine, so not compared: ${command}`)
  return lines.some(({ met }) => met === false) ? 1 : 0
}

/** Prints the message on stderr and returns `exitCode`. @param {string} message */
function say(message, exitCode = 0) {
  process.stderr.write(`${message}\n`)
  return exitCode
}
