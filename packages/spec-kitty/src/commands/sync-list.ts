import {
  EXIT,
  layTable,
  note,
  paint,
  parseOptions,
  printJson,
  printLines,
  type DoctorRecord,
  type Io,
} from 'familiar/cli'
import { SYNC_LIST } from '../cli/describe/sync.js'
import { inHome } from '../cli/in-home.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { listHomes, type Homes, type ListedHome } from '../daemons/list-homes.js'
import { describeAge } from '../sync/ages.js'

const NONE = '-'

const STYLES: Readonly<Record<string, 'green' | 'dim'>> = {
  running: 'green',
  'earlier version runs': 'green',
  stopped: 'dim',
}

/** A home as it is shown: `state` may be in words. */
type Shown = Omit<ListedHome, 'state'> & { readonly state: string }

const COLUMNS = [
  { title: 'HOME', shorten: 'middle', cell: ({ home }: Shown) => home },
  {
    title: 'STATE',
    cell: ({ state }: Shown) => (state === 'wedged' ? 'does not answer' : state),
    style: ({ state }: Shown) => STYLES[state] ?? 'yellow',
  },
  { title: 'PROCESS', align: 'right', cell: ({ pid }: Shown) => String(pid ?? NONE) },
  { title: 'PORT', align: 'right', cell: ({ port }: Shown) => String(port ?? NONE) },
  { title: 'VERSION', cell: ({ version }: Shown) => version ?? NONE },
  {
    title: 'UP',
    align: 'right',
    isExtra: true,
    cell: ({ uptime_seconds: up }: Shown) => (up === null ? NONE : describeAge(up)),
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

/** Returns the home with the daemon that runs in it: that of an earlier version, if none of this version does. */
function withKept(home: ListedHome, kept: DoctorRecord | undefined): Shown {
  if (kept === undefined || home.state === 'running') return home
  const { pid, port, package_version: version, uptime_seconds } = kept
  return { ...home, state: 'earlier version runs', pid, port, version, uptime_seconds }
}

function print({ homes, others, strays, kept: all }: Homes, io: Io): void {
  const shown = homes.map((home) => withKept(home, all.get(home.home)))
  // Those in the table are told.
  const inTable = new Set(shown.map(({ pid }) => pid))
  const told = [...all.values()].filter(({ pid }) => inTable.has(pid)).length
  const kept = all.size - told
  if (homes.length === 0) note(io, 'no home of this user has a sync daemon here')
  else {
    const { header, rows, hidden } = layTable(COLUMNS, shown, io)
    const marked = rows.map((row, index) => `${homes[index]?.is_current === true ? '*' : ' '} ${row}`)
    printLines(io, [`  ${paint(io, 'bold', header)}`, ...marked])
    if (hidden !== null) note(io, hidden)
  }
  const unknown = others - strays - all.size
  const notes = [
    ...(kept === 0 ? [] : [`${daemons(kept)}, which only an earlier version of spec-kitty uses`]),
    ...(strays === 0 ? [] : [`${daemons(strays)} that no home is known to use`]),
    ...(unknown === 0 ? [] : [`${daemons(unknown)}, of a home that is not known`]),
  ]
  for (const one of notes) note(io, inHome`${one}: see spec-kitty auth doctor`)
}

function daemons(count: number): string {
  return count === 1 ? '1 more sync daemon' : `${count} more sync daemons`
}
