import { EXIT, formatTable, note, paint, parseOptions, printJson, type Io } from 'familiar/cli'
import { SYNC_LIST } from '../cli/describe/sync.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { listHomes, type ListedHome } from '../daemons/list-homes.js'
import { counted, describeAge } from '../sync/ages.js'

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
  const { json } = parseOptions(SYNC_LIST, args, { command: 'sync list' })
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
