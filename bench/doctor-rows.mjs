// @ts-check
import { BY_HAND } from './report.mjs'
import { TARGETS } from './targets.mjs'

/** The measurements of `doctor`. Each row becomes one line of the table. */

/**
 * `of` is compared with `per`; each is a command on a stage, timed in random order in the same run. `target`: the largest
 * allowed ratio or value. Rows of one `batch` share their stages. A row without a target is only for comparison.
 *
 * @typedef {readonly [import('./stage-kinds.mjs').StageName, import('./commands.mjs').CommandName]} Subject
 * @typedef {{ id: string, what: string, batch: 'looks' | 'reset' | 'stubborn', of: Subject, per: Subject,
 *   unit?: 'ms' | 'MB', target?: { ratio: number } | { ms: number } }} Row
 */

/** @type {readonly Row[]} */
export const ROWS = [
  {
    id: 'M1',
    what: 'doctor, nothing in range / floor',
    batch: 'looks',
    of: ['nothing', 'doctor'],
    per: ['nothing', 'floor'],
    target: TARGETS.M1,
  },
  byHand('M1', '/ floor', ['nothing', 'by-hand'], ['nothing', 'floor']),
  {
    id: 'M2',
    what: 'doctor, 18 orphans / floor',
    batch: 'looks',
    of: ['orphans', 'doctor'],
    per: ['orphans', 'floor'],
    target: TARGETS.M2,
  },
  byHand('M2', '/ floor', ['orphans', 'by-hand'], ['orphans', 'floor']),
  ...beside('M2', 'orphans'),
  {
    id: 'M3',
    what: 'the same with 1 000 more processes / M2',
    batch: 'looks',
    of: ['crowd', 'doctor'],
    per: ['orphans', 'doctor'],
    target: TARGETS.M3,
  },
  byHand('M3', '/ M2 by hand', ['crowd', 'by-hand'], ['orphans', 'by-hand']),
  ...beside('M3', 'crowd'),
  {
    id: 'M4',
    what: 'doctor, 50 silent, dripping, flooding / nothing',
    batch: 'looks',
    of: ['hostile', 'doctor'],
    per: ['nothing', 'doctor'],
    target: { ms: TARGETS.M4.ms },
  },
  {
    id: 'M4',
    what: 'its peak memory / nothing',
    batch: 'looks',
    of: ['hostile', 'memory'],
    per: ['nothing', 'memory'],
    unit: 'MB',
    target: { ratio: TARGETS.M4.memoryRatio },
  },
  byHand('M4', '/ nothing', ['hostile', 'memory-by-hand'], ['nothing', 'memory-by-hand'], 'MB'),
  {
    id: 'M4',
    what: 'peak memory, all 50 flooding / nothing',
    batch: 'looks',
    of: ['flood', 'memory'],
    per: ['nothing', 'memory'],
    unit: 'MB',
    target: { ratio: TARGETS.M4.memoryRatio },
  },
  byHand('M4', 'all 50 flooding / nothing', ['flood', 'memory-by-hand'], ['nothing', 'memory-by-hand'], 'MB'),
  {
    id: 'M4',
    what: '  beside it: the same / 50 honest web servers',
    batch: 'looks',
    of: ['flood', 'memory'],
    per: ['honest', 'memory'],
    unit: 'MB',
  },
  {
    id: 'M7',
    what: 'reset of 18 cooperative / floor',
    batch: 'reset',
    of: ['cooperative', 'reset'],
    per: ['cooperative', 'floor'],
    target: TARGETS.M7,
  },
  {
    id: 'M7',
    what: `${BY_HAND}, ss, SIGTERM to all, until they are gone / floor`,
    batch: 'reset',
    of: ['cooperative-plain', 'plain-end'],
    per: ['cooperative', 'floor'],
  },
  {
    id: 'M8',
    what: 'reset of 18 that ignore SIGTERM / of one',
    batch: 'stubborn',
    of: ['stubborn', 'reset'],
    per: ['stubborn-one', 'reset'],
    target: TARGETS.M8,
  },
  {
    id: 'M8',
    what: '  beside it: ss, SIGTERM, SIGKILL after 1 s / of one',
    batch: 'stubborn',
    of: ['stubborn-plain', 'plain-end'],
    per: ['stubborn-one', 'reset'],
  },
]

/**
 * Returns the row of a script that does the same work by hand. It stands directly after the row that it explains, which
 * is how the report finds it (`verdictOf` in report.mjs).
 *
 * @param {string} id @param {string} what @param {Subject} of @param {Subject} per @param {Row['unit']} unit
 * @returns {Row}
 */
function byHand(id, what, of, per, unit = 'ms') {
  return { id, what: `${BY_HAND} ${what}`, batch: 'looks', of, per, unit }
}

/** @param {string} id @param {import('./stage-kinds.mjs').StageName} stage @returns {Row[]} */
function beside(id, stage) {
  const names = /** @type {const} */ ({
    lsof: 'lsof -nP -iTCP -sTCP:LISTEN',
    ss: 'ss -ltnp',
    psutil: 'psutil, with health',
    'pid-port': 'pid-port',
    'find-process': 'find-process, one port',
    fkill: 'the list of fkill',
  })
  const commands = /** @type {(keyof typeof names)[]} */ (Object.keys(names))
  return commands.map((command) => ({
    id,
    what: `  beside it: ${names[command]} / floor`,
    batch: 'looks',
    of: [stage, command],
    per: [stage, 'floor'],
  }))
}
