// @ts-check
/**
 * `node bench/bench.mjs [M1 M2 ...] [--rounds N] [--json]`: measures, and says which targets are met. The table or the
 * JSON goes to stdout, progress to stderr; exit code 1 when a target is missed, 2 when nothing could be measured.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { isHere } from './commands.mjs'
import { measure } from './measure.mjs'
import { busyPorts } from './ports.mjs'
import { lineOf, renderTable } from './report.mjs'
import { ROWS } from './rows.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '11' }, json: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
const chosen = positionals.length === 0 ? ROWS : ROWS.filter(({ id }) => positionals.includes(id))
const unknown = positionals.filter((id) => !ROWS.some((row) => row.id === id))
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
process.exitCode = (await refusal()) ?? (await run())

/** Returns 2 and says why where nothing can be measured. */
async function refusal() {
  if (unknown.length > 0) return say(`no such measure: ${unknown.join(' ')}`, 2)
  if (!Number.isSafeInteger(rounds) || rounds < 1) return say(`not a number of rounds: ${values.rounds}`, 2)
  if (inPrivateNetwork(['true']) !== null) return null
  const busy = await busyPorts()
  if (busy.length > 0) return say(`no private network here, and these ports are in use: ${busy.join(' ')}`, 2)
  say('no private network here: one stage at a time on the real ports, and slowly')
  return null
}

async function run() {
  const absent = new Set(chosen.map(({ of }) => of[1]).filter((command) => !isHere(command)))
  const rows = chosen.filter(({ of }) => !absent.has(of[1]))
  const samples = await measure(rows, rounds, directory, say)
  const lines = rows.flatMap((row) => lineOf(row, samples) ?? [])
  const machine = `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}`
  const document = { machine, rounds, lines, absent: [...absent], samples: Object.fromEntries(samples) }
  console.log(values.json ? JSON.stringify(document, null, 2) : renderTable(lines))
  say(`${machine}, ${rounds} rounds, medians`)
  for (const command of absent) say(`not on this machine, so not compared: ${command}`)
  return lines.some(({ met }) => met === false) ? 1 : 0
}

/** @template {number | null} T @param {string} message @param {T} result */
function say(message, result = /** @type {T} */ (null)) {
  process.stderr.write(`${message}\n`)
  return result
}
