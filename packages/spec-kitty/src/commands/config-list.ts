import {
  columnsOf,
  EXIT,
  formatTable,
  paint,
  parseOptions,
  printable,
  printJson,
  printLines,
  wrapWords,
  type Io,
} from 'familiar/cli'
import { CONFIG_LIST } from '../cli/describe/config.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { projectHere } from '../daemons/project-directory.js'
import {
  jsonOf,
  listSettings,
  settersOf,
  sourceOf,
  textOf,
  type ShownSetting,
} from '../sync/list-settings.js'
import { readSettings } from '../sync/settings-table.js'

const COLUMNS = [
  { title: 'KEY', cell: ({ key }: ShownSetting) => key },
  { title: 'VALUE', cell: textOf },
  { title: 'CAN BE SET BY', cell: settersOf },
  { title: 'FROM', cell: sourceOf },
] as const

const INDENT = '  '

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(CONFIG_LIST, args, { command: 'config list' })
  const root = runtimeRoot(io)
  const settings = await readSettings(root, io.env)
  const all = await listSettings(settings, projectHere(io))
  const problems = [...new Set([...settings.problems, ...all.flatMap(({ wrong }) => wrong?.problem ?? [])])]
  if (json) printJson({ settings: all.map(jsonOf), problems }, io)
  else {
    printLines(io, settingLines(all, io.columns))
    for (const one of problems) printLines(io, wrongLines(one, io))
  }
  return problems.length === 0 ? EXIT.ok : EXIT.problem
}

/**
 * Returns the table. Where it does not fit, the rest of a row stands below it: other commands send the user here for the file
 * and the variable, so neither is shortened. A long path concerns only its own row.
 */
function settingLines(all: readonly ShownSetting[], columns: number | null): readonly string[] {
  if (columns === null) return formatTable(COLUMNS, all, null)
  const fits = (line: string): boolean => columnsOf(line) <= columns
  const [whole, apart] = [COLUMNS, COLUMNS.slice(0, -1)].map((some) => formatTable(some, all, null))
  if (apart?.every(fits) === true && fits(whole?.[0] ?? ''))
    return (whole ?? []).flatMap((line, index) => {
      const one = all[index - 1]
      return one === undefined || fits(line)
        ? [line]
        : [apart[index] ?? '', ...below(`from ${sourceOf(one)}`, columns)]
    })
  const [header = '', ...rows] = formatTable(COLUMNS.slice(0, 2), all, null)
  return [
    header,
    ...all.flatMap((one, index) => [
      rows[index] ?? '',
      ...below(`from ${sourceOf(one)}; can be set by ${settersOf(one)}`, columns),
    ]),
  ]
}

function below(text: string, columns: number): readonly string[] {
  return wrapWords(printable(text), columns - INDENT.length).map((line) => `${INDENT}${line}`)
}

function wrongLines(problem: string, io: Io): readonly string[] {
  const [first = '', ...rest] = wrapWords(`wrong: ${printable(problem)}`, io.columns)
  return [`${paint(io, 'yellow', 'wrong:')}${first.slice('wrong:'.length)}`, ...rest]
}
