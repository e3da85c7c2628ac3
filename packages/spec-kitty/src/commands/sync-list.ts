import { EXIT, formatTable, note, paint, printJson, readOptions, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { listHomes, type ListedHome } from '../daemons/list-homes.js'
import { counted, describeAge } from '../sync/ages.js'

export const help = `Usage: spec-kitty sync list [--json]

Shows every home on this machine that has a sync daemon, and how it stands; * marks the home of this
command. It only looks, and finds the homes by what listens on ports 9400-9449.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty sync list
  spec-kitty sync list --json | jq '.homes[] | select(.state != "running")'
`

const NONE = '-'

const COLUMNS = [
  { title: 'HOME', cell: ({ home }: ListedHome) => home },
  { title: 'STATE', cell: ({ state }: ListedHome) => state },
  { title: 'PROCESS', align: 'right', cell: ({ pid }: ListedHome) => String(pid ?? NONE) },
  { title: 'PORT', align: 'right', cell: ({ port }: ListedHome) => String(port ?? NONE) },
  { title: 'VERSION', cell: ({ version }: ListedHome) => version ?? NONE },
  {
    title: 'UP',
    align: 'right',
    cell: ({ uptime_seconds: up }: ListedHome) => (up === null ? NONE : describeAge(up)),
  },
] as const

/** Lists the homes that have a sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const { homes, others } = await listHomes(runtimeRoot(io))
  if (json) printJson({ homes, other_daemons: others }, io)
  else print(homes, others, io)
  return EXIT.ok
}

function print(homes: readonly ListedHome[], others: number, io: Io): void {
  if (homes.length === 0) note(io, 'no home on this machine has a sync daemon')
  else {
    const [header = '', ...rows] = formatTable(COLUMNS, homes, io.columns)
    io.out(`  ${paint(io, 'bold', header)}\n`)
    for (const [index, row] of rows.entries()) io.out(`${decorate(row, homes[index], io)}\n`)
  }
  if (others === 0) return
  note(io, `${counted(others, 'sync daemon')} more that no home uses: spec-kitty auth doctor shows them`)
}

function decorate(row: string, home: ListedHome | undefined, io: Io): string {
  const line = `${home?.is_current === true ? '*' : ' '} ${row}`
  if (home?.state === 'running') return paint(io, 'green', line)
  return home?.state === 'stopped' ? paint(io, 'dim', line) : paint(io, 'yellow', line)
}
