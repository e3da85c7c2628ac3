// @ts-check
import { LIBRARIES, linesAboutDaemon, sizeOf, versionOf } from './tool-copies.mjs'

/** Turns the results of a run into the page docs/library/side-by-side.md. */

/** @typedef {import('./tool-copies.mjs').Library} Library */
/** @typedef {typeof import('./tool-scenarios.mjs')} Scenarios */
/**
 * @template {keyof Scenarios} S
 * @typedef {Map<Library, Awaited<ReturnType<Scenarios[S]>>[]>} Of
 */
/**
 * @typedef {Awaited<ReturnType<Scenarios['warm']>> & { cold: Of<'coldStart'>, herd: Of<'herd'>, killed: Of<'killed'>,
 *   upgrade: Of<'upgrade'>, orphan: Of<'orphan'>, filesLost: Of<'filesLost'>,
 *   abandoned: Awaited<ReturnType<Scenarios['abandoned']>> }} Results
 */

/** @param {string} home @param {Results} results @param {string} machine one line */
export function pageOf(home, results, machine) {
  const rows = [['', ...LIBRARIES.map((library) => `${library} ${versionOf(home, library)}`)]]
  for (const [what, cell] of cellsOf(home, results)) rows.push([what, ...LIBRARIES.map(cell)])
  return `# Side by side with core_d and sock-daemon

The same job in one run: \`shout TEXT\` has a daemon turn a text into capital letters, and prints it. Made by
\`node bench/libraries.mjs --write\` ([how it measures](../../bench/README.md)); the three sources are in
[bench/tools](../../bench/tools).

${machine}

${tableOf(rows)}

${baselinesOf(results)}

${NOTES}`
}

/** What a library offers instead of a list of daemons (read from its source). */
const NO_LIST = {
  familiar: 'does not see it',
  core_d: 'no list; `status`: running',
  'sock-daemon': 'no list, no status',
}

const NOTES = `## What the others do better, and what the rows mean

- **core_d** is the smallest: no native part, the fewest lines, and the cheapest call. Its protocol is one line of text, so a shell
  script can talk to the daemon with \`nc\`, without starting Node at all. Its \`start\`, \`stop\`, \`restart\` and \`status\` are
  one line more. It suits a daemon that one user has once, and that is restarted by hand after an upgrade.
- **sock-daemon** listens on a Unix socket (a named pipe on Windows) in the working directory: it needs no port, and the
  permissions of the directory decide who may connect. One client sends many requests over one connection, and repeats
  what was not answered when the connection ends. It replaces the daemon when the file of the daemon was changed, even if the
  version was not; familiar compares versions, so during development \`restart\` is needed.
- Without use, sock-daemon's daemon leaves after an hour and familiar's after three, unless told otherwise; core_d's never does.
- After a kill -9, sock-daemon's client meets the socket of the dead daemon (\`ECONNREFUSED\`), and starts one only if there
  is none (\`ENOENT\`): it stays unserved until the file is deleted. core_d's client unlinks its file then.
- **familiar** costs the most time for each call and the most memory, and it needs a native lock library and a range of
  ports. What that pays for is in the rows about kills, upgrades, orphans and lost files.
`

/** @param {string} home @param {Results} results @returns {[string, (library: Library) => string][]} */
function cellsOf(home, results) {
  return [
    ['lines about the daemon', (library) => String(linesAboutDaemon(library))],
    ['packages, size when installed', (library) => sizeText(sizeOf(home, library))],
    [
      'warm call, whole process / `node -e 0`',
      (library) => ratioText(results.samples.get(library), results.samples.get('floor')),
    ],
    ['first call, without a daemon', (library) => `${median(of(results.cold, library)).toFixed(0)} ms`],
    ['daemon, resident after the warm calls', (library) => `${results.resident.get(library)?.toFixed(0)} MB`],
    ['32 calls at once, without a daemon', (library) => herdText(of(results.herd, library))],
    ['kill -9 of the daemon: the next call', (library) => killedText(of(results.killed, library))],
    ['1.1.0 installed over 1.0.0: who answers', (library) => upgradeText(first(results.upgrade, library))],
    ['then 1.0.0 elsewhere and 1.1.0 in turn', (library) => turnsText(first(results.upgrade, library))],
    [
      'directory of the tool deleted: its daemon, 45 s later',
      (library) => (results.abandoned.get(library) === true ? 'still runs' : 'has left'),
    ],
    [
      'asked from 1.1.0 elsewhere: what it says of that daemon',
      (library) => first(results.orphan, library).told ?? NO_LIST[library],
    ],
    ['or 1.1.0 elsewhere is called first', (library) => orphanText(first(results.orphan, library))],
    ['files of the library deleted, then a call', (library) => lostText(first(results.filesLost, library))],
  ]
}

/** @template T @param {Map<Library, T[]>} results @param {Library} library */
function of(results, library) {
  return results.get(library) ?? []
}

/** @template T @param {Map<Library, T[]>} results @param {Library} library */
function first(results, library) {
  const [one] = of(results, library)
  if (one === undefined) throw new Error(`no result for ${library}`)
  return one
}

/** @param {{ packages: number, bytes: number }} size */
function sizeText({ packages, bytes }) {
  return `${packages}, ${bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`}`
}

/** @param {number[]} [values] @param {number[]} [floor] */
function ratioText(values = [], floor = []) {
  return `${(median(values) / median(floor)).toFixed(2)} (${median(values).toFixed(0)} ms)`
}

/** @param {Awaited<ReturnType<Scenarios['herd']>>[]} herds */
function herdText(herds) {
  const served = herds.map((herd) => herd.served)
  const after = herds.map((herd) => herd.after)
  return `${range(served)} of ${herds[0]?.of} served, ${range(after)} daemon${Math.max(...after) === 1 ? '' : 's'} left, ${median(herds.map(({ ms }) => ms)).toFixed(0)} ms`
}

/** @param {Awaited<ReturnType<Scenarios['killed']>>[]} kills */
function killedText(kills) {
  const served = kills.filter(({ tries }) => tries === 1)
  const after = median(served.map(({ ms }) => ms)).toFixed(0)
  if (served.length === kills.length) return `served after ${after} ms`
  const later = kills.filter(({ tries }) => tries !== null && tries > 1)
  const whole =
    served.length === 0 ? 'not served' : `${served.length} of ${kills.length} served, after ${after} ms`
  if (later.length === 0) return `${whole}, nor are the two after it`
  const tries = range(later.map(({ tries }) => tries ?? 0))
  return `${whole}; call ${tries} is, ${median(later.map(({ ms }) => ms)).toFixed(0)} ms after the kill`
}

/** @param {Awaited<ReturnType<Scenarios['upgrade']>>} upgrade */
function upgradeText({ version, daemons, ms }) {
  return `${version ?? 'no version'}, after ${ms.toFixed(0)} ms; ${count(daemons)}`
}

/** @param {Awaited<ReturnType<Scenarios['upgrade']>>} upgrade */
function turnsText({ turns, isSame, atEnd }) {
  const answers = [...new Set(turns.map((version) => version ?? 'no version'))]
  const who =
    answers.length === 1 ? `always ${answers[0]}` : turns.map((one) => one ?? 'no version').join(', ')
  return `${who}; ${isSame ? 'the same daemon' : 'replaced'}, ${count(atEnd)}`
}

/** @param {Awaited<ReturnType<Scenarios['orphan']>>} orphan */
function orphanText({ version, ms, isLeft, daemons, stderr }) {
  const told = stderr.trim() === '' ? 'says nothing' : `says: ${stderr.trim().split('\n')[0]}`
  return `${version ?? 'no version'} answers after ${ms.toFixed(0)} ms; the old daemon ${isLeft ? 'is left' : 'was ended'}; ${count(daemons)}; ${told}`
}

/** @param {Awaited<ReturnType<Scenarios['filesLost']>>} lost */
function lostText({ isServed, isOldLeft, daemons }) {
  return `${isServed ? 'served' : 'not served'}; the old daemon ${isOldLeft ? 'runs' : 'has ended'}; ${count(daemons)}`
}

/** @param {number} number */
function count(number) {
  return number === 1 ? '1 daemon' : `${number} daemons`
}

/** @param {readonly number[]} values */
function range(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? String(least) : `${least} to ${most}`
}

/** @param {Results} results */
function baselinesOf({ samples }) {
  const floor = samples.get('floor') ?? []
  const others = ['empty CommonJS file', 'empty ES module', "import 'familiar'"].map(
    (name) => `${name} ${ratioText(samples.get(name), floor)}`,
  )
  const own = `without an import ${ratioText(samples.get('by hand, without an import'), floor)}`
  const byHand = `a call of familiar's daemon by hand ${ratioText(samples.get('by hand'), floor)}, ${own}`
  return `Beside these: \`node -e 0\` ${median(floor).toFixed(0)} ms, ${[...others, byHand].join(', ')}.`
}

/** @param {readonly string[][]} rows the first one is the head */
export function tableOf(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** @param {readonly number[]} values */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
