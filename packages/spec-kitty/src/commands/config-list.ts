import {
  EXIT,
  formatTable,
  paint,
  parseOptions,
  printable,
  printJson,
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
  { title: 'VALUE', cell: textOf, shorten: 'middle' },
  { title: 'FROM', cell: sourceOf, shorten: 'middle' },
  { title: 'SET BY', cell: settersOf, shorten: 'end', isExtra: true },
] as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(CONFIG_LIST, args, { command: 'config list' })
  const root = runtimeRoot(io)
  const settings = await readSettings(root, io.env)
  const all = await listSettings(settings, projectHere(io))
  const problems = [...new Set([...settings.problems, ...all.flatMap(({ wrong }) => wrong?.problem ?? [])])]
  if (json) printJson({ settings: all.map(jsonOf), problems }, io)
  else {
    io.out(`${formatTable(COLUMNS, all, io.columns).join('\n')}\n`)
    for (const one of problems) io.out(`${wrongLines(one, io).join('\n')}\n`)
  }
  return problems.length === 0 ? EXIT.ok : EXIT.problem
}

function wrongLines(problem: string, io: Io): readonly string[] {
  const [first = '', ...rest] = wrapWords(`wrong: ${printable(problem)}`, io.columns)
  return [`${paint(io, 'yellow', 'wrong:')}${first.slice('wrong:'.length)}`, ...rest]
}
