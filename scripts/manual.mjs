// @ts-check
/** Generates the manual page spec-kitty(1) from the table of commands. Run `tsc -b` first. */
import { exitEntries, optionEntries, usageLines, COMMON_OPTIONS, EXIT_TEXTS } from 'familiar/cli'
import { commandsBelow } from '../packages/spec-kitty/dist/cli/command-table.js'
import { ENVIRONMENT, FILES_NOTE, HOME_FILES, PROJECT_FILES } from '../packages/spec-kitty/dist/cli/topics.js'

/** @typedef {readonly [string, string]} Entry */

/**
 * Returns the page in the macros of man(7).
 *
 * @param {{ readonly version: string, readonly date: string }} release The date as YYYY-MM-DD.
 * @returns {Promise<string>}
 */
export async function manualPage({ version, date }) {
  const commands = await Promise.all(commandsBelow('').map(commandPart))
  const parts = [
    `.TH SPEC-KITTY 1 ${date} "spec-kitty ${version}" "User Commands"`,
    // Without hyphenation and adjustment, because a long command cannot be adjusted.
    '.nh',
    '.ad l',
    '.SH NAME',
    'spec\\-kitty \\- dashboard and sync of a project, and the daemons of both',
    '.SH SYNOPSIS',
    '.B spec-kitty',
    'command',
    '[\\fIoption\\fR ...]',
    '.SH DESCRIPTION',
    text(
      'spec-kitty shows the missions of a project in a dashboard, and sends its events to a sync server. Each is done by a daemon that commands start when they need it, and that leaves when it has nothing to do.',
    ),
    '.PP',
    text(
      "'spec-kitty doctor' says what is wrong, and the command that mends it; 'spec-kitty doctor --reset' cleans up old daemons.",
    ),
    '.SH COMMANDS',
    ...commands.flat(),
    '.SH OPTIONS',
    'Every command has these options.',
    ...tagged(optionEntries(COMMON_OPTIONS)),
    '.SH ENVIRONMENT',
    ...tagged(Object.entries(ENVIRONMENT)),
    '.SH FILES',
    text(FILES_NOTE),
    ...tagged(HOME_FILES.map(([path, what]) => [`~/.spec-kitty/${path}`, what])),
    ...tagged(PROJECT_FILES.map(([path, what]) => [`PROJECT/${path}`, what])),
    '.SH EXIT STATUS',
    ...tagged(Object.entries(EXIT_TEXTS)),
  ]
  return `${parts.join('\n')}\n`
}

/** @param {ReturnType<typeof commandsBelow>[number]} command */
async function commandPart({ words, aliases = [], describe }) {
  const spec = await describe()
  const own = optionEntries(spec.options)
  const known = exitEntries({ exits: {} })
  const exits = exitEntries(spec).filter(([code, meaning]) =>
    known.every((one) => one[0] !== code || one[1] !== meaning),
  )
  return [
    `.SS ${escaped(`spec-kitty ${words}`)}`,
    ...usageLines(spec).flatMap((rest, index) => [
      ...(index === 0 ? [] : ['.br']),
      `.B ${escaped(`spec-kitty ${words}`)}`,
      ...(rest === '' ? [] : [escaped(rest)]),
    ]),
    ...paragraphs([
      spec.about,
      ...(spec.more ?? []),
      ...aliases.map((alias) => `'spec-kitty ${alias}' is the same.`),
    ]),
    ...tagged(own),
    '.PP',
    'Examples:',
    ...spec.examples.flatMap(([line, what]) => [
      '.PP',
      `${text(capital(what))}:`,
      '.PP',
      '.RS 4',
      '.nf',
      escaped(line),
      '.fi',
      '.RE',
    ]),
    ...(exits.length === 0 ? [] : ['.PP', 'Exit codes:', ...tagged(exits)]),
  ]
}

/** @param {readonly string[]} texts */
function paragraphs(texts) {
  return texts.flatMap((one) => ['.PP', text(one)])
}

/** @param {readonly Entry[]} entries */
function tagged(entries) {
  return entries.flatMap(([name, what]) => ['.TP', `\\fB${escaped(name)}\\fR`, text(what)])
}

/** The maximum length of a line. man(7) requires short lines, and each sentence to begin on a new one. */
const LINE_BYTES = 79

/** @param {string} whole */
function text(whole) {
  return whole
    .split(/(?<=[.;:]) (?=[A-Z'])/)
    .flatMap((sentence) => wrapped(sentence.split(' ').map(escaped)))
    .join('\n')
}

/** @param {readonly string[]} words */
function wrapped(words) {
  /** @type {string[]} */
  const lines = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LINE_BYTES)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** @param {string} line */
function escaped(line) {
  const plain = line
    .trim()
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', '\\(ga')
  return plain.startsWith('.') ? `\\&${plain}` : plain
}

/** @param {string} what */
function capital(what) {
  return what.charAt(0).toUpperCase() + what.slice(1)
}
