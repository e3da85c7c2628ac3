// @ts-check
/**
 * Prints the decision tables and the plan from the built code as Markdown, and writes them between their markers in
 * docs/lifecycle.md. Run `npm run build` first. A test compares the file with the output of this script.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { definitionOf, PLAN, spell } from 'familiar/internals'
import { dashboardDaemon, syncDaemon } from '../packages/spec-kitty/dist/daemons/define-daemons.js'

/** @typedef {import('familiar/internals').Rule} Rule */
/** @typedef {import('familiar/internals').Family} Family */

const FILE = fileURLToPath(new URL('../docs/lifecycle.md', import.meta.url))

/** The document with empty tables, used if there is no file yet. */
const EMPTY = `# Life cycle and identity

## The sync daemon

<!-- table:sync -->
<!-- /table:sync -->

## The dashboard

<!-- table:dashboard -->
<!-- /table:dashboard -->

## What is done

<!-- table:plan -->
<!-- /table:plan -->
`

/**
 * Returns every table of the document as Markdown, keyed by the name in its markers.
 *
 * @returns {Readonly<Record<string, string>>}
 */
export function renderTables() {
  const [sync, dashboard] = [syncDaemon, dashboardDaemon].map((daemon) => definitionOf(daemon).family)
  if (sync === undefined || dashboard === undefined) throw new Error('the tool has two daemons')
  return { sync: renderRules(sync), dashboard: renderRules(dashboard), plan: renderPlan() }
}

/**
 * Returns the document with every table replaced between its markers. Throws if a pair of markers is missing.
 *
 * @param {string} document
 * @param {Readonly<Record<string, string>>} tables
 */
export function fillIn(document, tables) {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- table:${name} -->`, `<!-- /table:${name} -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from)
      throw new Error(`docs/lifecycle.md: the markers of the table ${name} are missing`)
    return `${text.slice(0, from + begin.length)}\n\n${table}\n${text.slice(to)}`
  }, document)
}

/**
 * Returns a decision table, one line per row, with the reasons in the words of the tool.
 *
 * @param {Family} family
 */
function renderRules({ rules, reasonNames }) {
  return toTable(
    ['row', 'when', 'class', 'reason'],
    rules.map((rule) => [
      rule.id,
      rule.when.map(renderCondition).join('<br>or '),
      rule.class,
      rule.reason === null ? '(none)' : spell(rule.reason, reasonNames),
    ]),
  )
}

/**
 * Returns a condition as text: `self_report is no; spawn_shape is no or unknown`.
 *
 * @param {Rule['when'][number]} condition
 */
function renderCondition(condition) {
  const parts = Object.entries(condition).map(
    ([fact, wanted]) => `${fact} is ${[wanted].flat().join(' or ')}`,
  )
  return parts.length === 0 ? 'anything else' : parts.join('; ')
}

/** Returns the plan: the action for each class and intent. */
function renderPlan() {
  const intents = /** @type {(keyof typeof PLAN.safe_auto)[]} */ (Object.keys(PLAN.safe_auto))
  const rows = Object.entries(PLAN).map(([name, row]) => [name].concat(intents.map((intent) => row[intent])))
  return toTable(['class', ...intents], rows)
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function toTable(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

/** @returns {string} */
function readDocument() {
  try {
    return readFileSync(FILE, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return EMPTY
    throw error
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tables = renderTables()
  writeFileSync(FILE, fillIn(readDocument(), tables))
  console.log(Object.values(tables).join('\n'))
}
