import { EXIT, layTable, note, paint, parseOptions, printJson, type Io } from 'familiar/cli'
import { SYNC_LIST } from '../cli/describe/sync.js'
import { inHome } from '../cli/in-home.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { listHomes, type Homes, type ListedHome } from '../daemons/list-homes.js'
import { describeAge } from '../sync/ages.js'

const NONE = '-'

const STYLES: Readonly<Record<string, 'green' | 'dim'>> = { running: 'green', stopped: 'dim' }

const COLUMNS = [
  { title: 'HOME', shorten: 'middle', cell: ({ home }: ListedHome) => home },
  {
    title: 'STATE',
    cell: ({ state }: ListedHome) => (state === 'wedged' ? 'does not answer' : state),
    style: ({ state }: ListedHome) => STYLES[state] ?? 'yellow',
  },
  { title: 'PROCESS', align: 'right', cell: ({ pid }: ListedHome) => String(pid ?? NONE) },
  { title: 'PORT', align: 'right', cell: ({ port }: ListedHome) => String(port ?? NONE) },
  { title: 'VERSION', cell: ({ version }: ListedHome) => version ?? NONE },
  {
    title: 'UP',
    align: 'right',
    isExtra: true,
    cell: ({ uptime_seconds: up }: ListedHome) => (up === null ? NONE : describeAge(up)),
  },
] as const

/** Lists the homes that have a sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(SYNC_LIST, args, { command: 'sync list' })
  const { homes, others, strays, kept } = await listHomes(runtimeRoot(io))
  if (json) printJson({ homes, other_daemons: others }, io)
  else print({ homes, others, strays, kept }, io)
  return EXIT.ok
}

function print({ homes, others, strays, kept }: Homes, io: Io): void {
  if (homes.length === 0) note(io, 'no home of this user has a sync daemon here')
  else {
    const { header, rows, hidden } = layTable(COLUMNS, homes, io)
    const marked = rows.map((row, index) => `${homes[index]?.is_current === true ? '*' : ' '} ${row}`)
    io.out(`${[`  ${paint(io, 'bold', header)}`, ...marked].join('\n')}\n`)
    if (hidden !== null) note(io, hidden)
  }
  const unknown = others - strays - kept
  const told = [
    ...(kept === 0 ? [] : [`${daemons(kept)}, which only an earlier version of spec-kitty uses`]),
    ...(strays === 0 ? [] : [`${daemons(strays)} that no home is known to use`]),
    ...(unknown === 0 ? [] : [`${daemons(unknown)}, of a home that is not known`]),
  ]
  for (const one of told) note(io, inHome(`${one}: see spec-kitty auth doctor`, io.env))
}

function daemons(count: number): string {
  return count === 1 ? '1 more sync daemon' : `${count} more sync daemons`
}
