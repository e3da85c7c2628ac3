import { isSpared, scopeDaemon, type Candidate, type IdentityRecord, type Scan } from 'familiar'

/** An identity record with the one command that deals with it. */
export type DoctorRecord = IdentityRecord & { readonly remedy: string | null }

/** Returns the record with its remedy; never null for operator_required, always null for never_touch. */
export function withRemedy(record: IdentityRecord, candidate: Candidate, seen: Scan): DoctorRecord {
  return { ...record, remedy: remedyFor(record, candidate, seen) }
}

function remedyFor(record: IdentityRecord, candidate: Candidate, seen: Scan): string | null {
  const { proof, observation } = candidate
  if (record.cleanup_class === 'never_touch') return null
  const { clean, showElsewhere, inScope } =
    COMMANDS[record.scanned_family === 'dashboard' ? 'dashboard' : 'sync']
  if (record.cleanup_class === 'safe_auto') return clean
  const force = forced(clean, record.port)
  if (record.skip_reason === 'other_user') return `as ${ownerOf(observation)}: ${inScope(record)}${clean}`
  if (isWedgedHere(candidate, seen)) return STOP
  if (record.in_use_by !== null) return showElsewhere(shellQuote(record.in_use_by))
  if (isSpared(candidate, seen)) return 'nothing can be done from here: use it where it runs'
  if (proof === null) return 'its process is not seen whole from here: look at it as root, or where it runs'
  return record.skip_reason === 'starting' ? `wait 30 s, then: ${clean}` : force
}

/** Ends this root's sync daemon, whatever its version, even if it does not answer. */
export const STOP = 'spec-kitty sync stop'

/** This root's own wedged daemon needs no `--force`: `STOP` ends it, which F-005 and `sync status` suggest too. */
function isWedgedHere(candidate: Candidate, seen: Scan): boolean {
  const isSync = seen.family.name === 'sync'
  return isSync && candidate.verdict.reason === 'unresponsive' && candidate === scopeDaemon(seen)
}

interface Commands {
  /** Ends what is proven stale. */
  readonly clean: string
  /** Shows the live daemon of another scope: nothing is wrong with it. */
  readonly showElsewhere: (scope: string) => string
  /** The prefix that makes a command act on the daemon's own scope. */
  readonly inScope: (record: IdentityRecord) => string
}

const COMMANDS: Readonly<Record<'sync' | 'dashboard', Commands>> = {
  sync: {
    clean: 'spec-kitty auth doctor --reset',
    showElsewhere: (root) => `SPEC_KITTY_HOME=${root} spec-kitty sync status`,
    inScope: ({ daemon_root }) => (daemon_root === null ? '' : `SPEC_KITTY_HOME=${shellQuote(daemon_root)} `),
  },
  dashboard: {
    clean: 'spec-kitty dashboard --cleanup-all',
    showElsewhere: (project) => `cd ${project} && spec-kitty dashboard --status`,
    inScope: () => '',
  },
}

/** Returns the command that ends one listener of the sync range, even one that needs a decision. */
export function forceCommand(port: number | null): string {
  return forced(COMMANDS.sync.clean, port)
}

/** Returns the command that ends one listener of the dashboard range, even one that needs a decision. */
export function forceDashboardCommand(port: number | null): string {
  return forced(COMMANDS.dashboard.clean, port)
}

function forced(clean: string, port: number | null): string {
  return `${clean} --force${port === null ? '' : ` --port ${port}`}`
}

function ownerOf(observation: Candidate['observation']): string {
  const user = observation.process?.user ?? observation.listeners[0]?.user
  return user == null ? 'its user' : `its user (${user})`
}

/** Returns the text as one word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
