// @ts-check
/**
 * Writes the commands between their markers into docs/commands.md and docs/library/commands.md, from the tables that the
 * parser and the help use. Run `npm run build` first. A test compares the files with the output of this script.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  COMMON_OPTIONS,
  daemonCommands,
  EXIT_TEXTS,
  exitEntries,
  optionEntries,
  usageLines,
} from 'familiar/cli'
import { commandsBelow, SECTIONS } from '../packages/spec-kitty/dist/cli/command-table.js'
import { ENVIRONMENT, FILES_NOTE, HOME_FILES, PROJECT_FILES } from '../packages/spec-kitty/dist/cli/topics.js'
import { fillIn } from './print-tables.mjs'

/** @typedef {readonly [string, string]} Entry */

export const PAGES = {
  tool: fileURLToPath(new URL('../docs/commands.md', import.meta.url)),
  library: fileURLToPath(new URL('../docs/library/commands.md', import.meta.url)),
}

/**
 * Returns every part of the page about spec-kitty, keyed by the name in its markers.
 *
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function renderCommands() {
  const sections = await Promise.all(
    Object.entries(SECTIONS).map(([key, title]) => renderSection(key, title)),
  )
  return {
    commands: sections.join('\n'),
    options: toTable(
      ['option', 'what it does'],
      optionEntries(COMMON_OPTIONS).map(([name, what]) => [`\`${name.trim()}\``, what]),
    ),
    environment: toTable(['variable', 'what it does'], codes(Object.entries(ENVIRONMENT))),
    files: `${FILES_NOTE}\n\n${toTable(['below the home', 'what it is'], codes(HOME_FILES))}\n${toTable(['in a project', 'what it is'], codes(PROJECT_FILES))}`,
    exits: toTable(['exit', 'means'], Object.entries(EXIT_TEXTS)),
  }
}

/**
 * Returns the table of the commands that the library provides for any tool.
 *
 * @returns {Readonly<Record<string, string>>}
 */
export function renderLibraryCommands() {
  const commands = daemonCommands({ title: 'daemon', command: 'shout' })
  const rows = Object.entries(commands).map(([name, spec]) => {
    const own = optionEntries(spec.options).filter(([option]) => !option.includes('--json'))
    return [
      `\`${name}\``,
      spec.about,
      own.map(([option, what]) => `\`${option.trim()}\`: ${what}`).join('<br>'),
    ]
  })
  return { commands: toTable(['command', 'what it does', 'options besides `--json`'], rows) }
}

/**
 * @param {string} key
 * @param {string} title
 */
async function renderSection(key, title) {
  const commands = commandsBelow('').filter((one) => one.section === key)
  const parts = await Promise.all(commands.map(renderCommand))
  return [`## ${title}\n`, ...parts].join('\n')
}

/** @param {ReturnType<typeof commandsBelow>[number]} command */
async function renderCommand({ words, aliases = [], describe }) {
  const spec = await describe()
  const usage = usageLines(spec).map((rest) => `spec-kitty ${words} ${rest}`.trim())
  const options = optionEntries(spec.options).map(
    ([name, what]) => /** @type {const} */ ([`\`${name.trim()}\``, what]),
  )
  const examples = spec.examples.flatMap(([line, what]) => [`# ${what}`, line])
  return [
    `### ${words}\n`,
    `\`\`\`\n${usage.join('\n')}\n\`\`\`\n`,
    ...[spec.about, ...(spec.more ?? [])].map((one) => `${one}\n`),
    ...aliases.map((alias) => `\`spec-kitty ${alias}\` is the same.\n`),
    ...(options.length === 0 ? [] : [toTable(['option', 'what it does'], options)]),
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`,
    `Exit codes: ${exitEntries(spec)
      .map(([code, what]) => `${code}: ${what}`)
      .join('. ')}.\n`,
  ].join('\n')
}

/** @param {readonly Entry[]} entries */
function codes(entries) {
  return entries.map(([name, what]) => [`\`${name}\``, what])
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function toTable(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGES.tool, fillIn(readFileSync(PAGES.tool, 'utf8'), await renderCommands()))
  writeFileSync(PAGES.library, fillIn(readFileSync(PAGES.library, 'utf8'), renderLibraryCommands()))
}
