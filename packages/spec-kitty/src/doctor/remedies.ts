import type { Candidate, IdentityRecord } from 'familiar'

/** An identity record with the one command that deals with it. */
export type DoctorRecord = IdentityRecord & { readonly remedy: string | null }

/** Returns the record with its remedy; never null for operator_required, always null for never_touch. */
export function withRemedy(record: IdentityRecord, candidate: Candidate): DoctorRecord {
  return { ...record, remedy: remedyFor(record, candidate) }
}

function remedyFor(record: IdentityRecord, { proof, sighting }: Candidate): string | null {
  if (record.cleanup_class === 'never_touch') return null
  if (record.cleanup_class === 'safe_auto') return 'spec-kitty auth doctor --reset'
  const force = forceCommand(record.port)
  if (record.skip_reason === 'other_user')
    return `as ${ownerOf(sighting)}: ${inRoot(record)}spec-kitty auth doctor --reset`
  if (record.in_use_by !== null) {
    return `SPEC_KITTY_HOME=${shellQuote(record.in_use_by)} spec-kitty sync stop`
  }
  if (proof === null) return `as root, or in the container that runs it: ${force}`
  return record.skip_reason === 'starting' ? `wait 30 s, then: spec-kitty auth doctor --reset` : force
}

/** Returns the command that ends one listener, whatever the doubt. */
export function forceCommand(port: number | null): string {
  return `spec-kitty auth doctor --reset --force${port === null ? '' : ` --port ${port}`}`
}

function ownerOf(sighting: Candidate['sighting']): string {
  const user = sighting.process?.user ?? sighting.listeners[0]?.user
  return user == null ? 'its user' : `its user (${user})`
}

function inRoot(record: IdentityRecord): string {
  return record.daemon_root === null ? '' : `SPEC_KITTY_HOME=${shellQuote(record.daemon_root)} `
}

/** Returns the text as one word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
