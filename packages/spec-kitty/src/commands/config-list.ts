import { EXIT, formatTable, paint, printable, printJson, readOptions, wrapWords, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import {
  jsonOf,
  listSettings,
  projectHere,
  sourceOf,
  textOf,
  type ShownSetting,
} from '../sync/list-settings.js'
import { readSettings } from '../sync/settings.js'

export const help = `Usage: spec-kitty config list [--json]

Shows every setting with its value and where that comes from: an environment variable, a file and
line, or the default. Variables count before the file. The file is config.toml in the root
(~/.spec-kitty or SPEC_KITTY_HOME); it is shared with the Python spec-kitty, and only you write it.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty config list
  spec-kitty config list --json | jq '.settings[] | select(.source == "environment")'

Exit codes: 0 every value is right; 1 config.toml cannot be read, or a value is wrong; 2 wrong usage.
`

const COLUMNS = [
  { title: 'KEY', cell: ({ key }: ShownSetting) => key },
  { title: 'VALUE', cell: textOf, shorten: 'middle' },
  { title: 'FROM', cell: sourceOf, shorten: 'middle' },
] as const

/** Prints every setting. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const root = runtimeRoot(io)
  const settings = await readSettings(root, io.env)
  const all = await listSettings(settings, projectHere(io))
  const problems = [...new Set([...settings.problems, ...all.flatMap(({ wrong }) => wrong?.problem ?? [])])]
  if (json) printJson({ settings: all.map(jsonOf), problems }, io)
  else {
    const lines = formatTable(COLUMNS, all, io.columns)
    io.out(`${lines.join('\n')}\n`)
    for (const one of problems) io.out(`${wrongLines(one, io).join('\n')}\n`)
  }
  return problems.length === 0 ? EXIT.ok : EXIT.problem
}

function wrongLines(problem: string, io: Io): readonly string[] {
  const [first = '', ...rest] = wrapWords(`wrong: ${printable(problem)}`, io.columns)
  return [`${paint(io, 'yellow', 'wrong:')}${first.slice('wrong:'.length)}`, ...rest]
}
