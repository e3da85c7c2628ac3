import type { FailureReason } from '../act/terminate-process.js'
import { namedScopes } from '../classify/derive-facts.js'
import type { Reason } from '../classify/class-and-reason.js'
import { inUseBy, isAway, knownInUseBy } from '../classify/stale-evidence.js'
import { unmountedScope } from '../classify/unmounted.js'
import { cleanCommand, forceCommand, lookCommandOf } from '../define/hints.js'
import type { Words } from '../define/options.js'
import { ANOTHER_USER } from '../observe/user-name.js'
import { userText } from '../identity/user-text.js'
import { apartFrom, apartText } from '../identity/apart.js'
import { enterCommand, lookCommand } from '../observe/platform/look-command.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isEndedByStop, runsElsewhere, scopeDaemon } from '../observe/scope-daemon.js'
import { isSpared, isStarting, sparedOf } from '../observe/spared.js'
import { staleInScope } from '../observe/stale-in-scope.js'
import type { IdentityRecord, Tool } from './identity-record.js'
import { actsHere, explained, isExplanation, obstructed, type Remedy } from './remedy.js'

/** An identity record with its remedy, which is null if and only if the class is never_touch. */
export type DoctorRecord = IdentityRecord & { readonly remedy: Remedy | null }

type Asked = Pick<Tool, 'words' | 'now' | 'userName'>

/** Returns the record with its remedy. `failure` says why a clean-up has just failed to end the process. */
export function withRemedy(
  record: IdentityRecord,
  candidate: Candidate,
  seen: Scan,
  tool: Asked,
  failure?: FailureReason,
): DoctorRecord {
  return { ...record, remedy: remedyOf(candidate, seen, tool, failure) }
}

/** Returns the mildest remedy that works for a candidate; null if and only if the class is `never_touch`. Pure. */
export function remedyOf(
  candidate: Candidate,
  seen: Scan,
  tool: Asked,
  failure?: FailureReason,
): Remedy | null {
  const remedy = remedyInTurn(candidate, seen, tool, failure)
  const obstacle = tool.now?.obstacle ?? null
  if (remedy === null || obstacle === null || !actsHere(tool.words, remedy)) return remedy
  return obstructed(tool.words, obstacle)
}

function remedyInTurn(
  candidate: Candidate,
  seen: Scan,
  tool: Asked,
  failure: FailureReason | undefined,
): Remedy | null {
  const { verdict } = candidate
  if (verdict.class === 'never_touch') return null
  if (failure !== undefined) return failed(failure, candidate, seen, tool)
  if (verdict.class === 'safe_auto') return cleaned(tool.words)
  return (
    ofAnotherUser(candidate, seen, tool) ??
    stopped(candidate, seen, tool) ??
    shownElsewhere(candidate, seen, tool) ??
    awayFromItsPath(candidate, seen, tool) ??
    leftAlone(candidate, seen, tool) ??
    cleanedInItsScope(candidate, seen, tool) ??
    beingChanged(candidate, tool) ??
    mayBeStarting(candidate, seen, tool) ??
    forced(candidate, tool)
  )
}

/** The members of a row or candidate that determine whether the user must decide. */
type Decidable = Pick<DoctorRecord, 'cleanup_class' | 'in_use_by' | 'remedy'>

/**
 * Returns whether the user has to decide about a row: a command can end the process, and no other scope uses it.
 * Everything that lists or counts decisions uses this function, so that the numbers agree.
 */
export function needsDecision(
  { cleanup_class, in_use_by, remedy }: Decidable,
  words: Pick<Words, 'explain'>,
): boolean {
  const isOpen = cleanup_class === 'operator_required' && in_use_by === null
  return isOpen && remedy !== null && !isExplanation(words, remedy)
}

/**
 * Returns the candidates about which the user has to decide, independent of what a clean-up has just tried, and of an
 * obstacle, which only keeps the decision from being carried out. A candidate that another command may be changing now is
 * none of them. `own` is the
 * daemon of this scope, if it is one of them: finding F-005 is about it, and F-002 counts the others.
 */
export function decisionsIn(
  seen: Scan,
  { words, now }: Asked,
): { readonly all: readonly Candidate[]; readonly own: Candidate | null } {
  const tool = { words, ...(now === undefined ? {} : { now: { ...now, obstacle: null } }) }
  const all = seen.candidates.filter((candidate) =>
    needsDecision(
      {
        cleanup_class: candidate.verdict.class,
        in_use_by: inUseBy(candidate.observation, seen.context),
        remedy: remedyOf(candidate, seen, tool),
      },
      words,
    ),
  )
  const own = scopeDaemon(seen)
  return { all, own: own !== null && all.includes(own) ? own : null }
}

/** A failure that is only described in words has no id for `explain`. */
function failed(failure: FailureReason, candidate: Candidate, seen: Scan, { words }: Asked): Remedy {
  const { verdict, proof } = candidate
  if (failure === 'identity_unproven' && proof === null) return unseen(candidate, seen, words, failure)
  const id = /^\w+$/.test(failure) ? failure : (verdict.reason ?? verdict.class)
  return explained(words, id, `it could not be ended: ${failure}`)
}

function cleaned({ clean }: Words): Remedy {
  return { commands: [clean], description: 'ends what is proven stale', safe: true }
}

/** Root could signal it, but no clean-up of root does. */
function ofAnotherUser(
  { verdict, observation }: Candidate,
  { host }: Scan,
  { words, userName = userText }: Asked,
): Remedy | null {
  if (verdict.reason !== 'other_user') return null
  const user = observation.process?.user ?? observation.listeners[0]?.user ?? null
  const whose = user === null ? ANOTHER_USER : userName(user)
  const advice =
    host.user === '0'
      ? 'a clean-up leaves it to its owner, also one by root'
      : `only ${whose === ANOTHER_USER ? 'that user' : whose} can end it`
  return explained(words, 'other_user', `it belongs to ${whose}: ${advice}`)
}

/**
 * The command `stop` ends the scope's own daemon, even one that does not answer. F-005 and `status` suggest the same
 * command.
 */
function stopped(candidate: Candidate, seen: Scan, { words }: Asked): Remedy | null {
  if (!isWedgedHere(candidate, seen)) return null
  return { commands: [words.stop], description: 'ends it', safe: false }
}

function isWedgedHere(candidate: Candidate, seen: Scan): boolean {
  const { verdict, facts, proof } = candidate
  const isWedged =
    verdict.reason === 'unresponsive' || (verdict.reason === 'pre_marker' && facts.self_report === 'no')
  const isSeen = proof !== null && facts.reachable === 'yes' && !runsElsewhere(candidate, seen)
  return isWedged && isSeen && candidate === scopeDaemon(seen) && isEndedByStop(candidate, seen)
}

function shownElsewhere({ observation }: Candidate, { context }: Scan, { words }: Asked): Remedy | null {
  const scope = inUseBy(observation, context)
  if (scope === null) return null
  const description = `shows its status: it is in use, as the daemon of ${scope}`
  return { commands: [words.showElsewhere(scope)], description, safe: true }
}

/** The daemon's lock is held and its directory is in use, so it is spared. No command can name a directory that has no path. */
function awayFromItsPath(candidate: Candidate, seen: Scan, { words }: Asked): Remedy | null {
  const { verdict, observation } = candidate
  if (!isSpared(candidate, seen) || !isAway(observation, seen.context)) return null
  const { pid, shape } = observation
  const description = `its ${words.scope} is no longer what stands at ${shape?.marker} (unmounted, or another file system is mounted over it): mount it again, or leave it, and it exits by itself when it has been idle long enough (row R4)`
  const look = pid === null ? {} : { look: lookCommand([pid]) }
  return { ...explained(words, verdict.reason ?? '', description), ...look }
}

/** Returns the remedy for a candidate that even `--force` spares or cannot end, or that should not be ended yet. */
function leftAlone(candidate: Candidate, seen: Scan, { words }: Asked): Remedy | null {
  const { verdict, proof, observation } = candidate
  const reason = verdict.reason ?? ''
  if (namedScopes(observation, seen.context).some((scope) => scope?.isLate === true)) {
    return explained(words, reason, UNREAD)
  }
  if (isSpared(candidate, seen)) {
    return explained(words, reason, absentScope(candidate, seen, words) ?? IN_USE_UNSEEN)
  }
  if (proof === null) return unseen(candidate, seen, words, reason)
  // A process without a port cannot be named on the command line, and a command without a port could end other processes
  // instead.
  if (observation.port !== null || reason === 'starting') return null
  return explained(words, reason, 'it does not listen, so no command can name it')
}

const IN_USE_UNSEEN = 'it may be in use where this command cannot see: use it where it runs'

/**
 * Says that the daemon is spared only because what it uses is not at the path of its scope; null if that is not why. In its own
 * scope it can be decided about, because a user who names that scope knows whether it is only unmounted.
 */
function absentScope(candidate: Candidate, seen: Scan, words: Words): string | null {
  const scope = unmountedScope(candidate.observation, seen.context)
  const { otherUser, unreachable, elsewhere } = sparedOf(candidate, seen)
  const isSparedElse = otherUser || unreachable || elsewhere
  if (scope === null || scope.real === null || isSparedElse) return null
  if (knownInUseBy(candidate.observation, seen.context) !== null) return null
  const { real } = scope
  const state =
    scope.gone === false
      ? 'holds nothing that it can have used: it was emptied'
      : 'is not there: it was removed'
  const clean = cleanCommand(words, real)
  const decide = clean === null ? '' : `, or look and decide there (${lookCommandOf({ clean })})`
  return `its ${words.scope} ${real} ${state}, or its drive is not mounted; mount the drive${decide}`
}

/** The command that looks where the process runs only looks. What it prints works there. */
function unseen(candidate: Candidate, seen: Scan, words: Words, id: string): Remedy {
  const look = enterCommand(candidate.observation.process, seen.host, lookCommandOf(words))
  return { ...explained(words, id, whereToLook(candidate, seen)), ...(look === null ? {} : { look }) }
}

/**
 * Says where more can be seen of a process that is not seen whole, and what differs there, as far as that is known: not as
 * root if this command runs as root.
 */
export function whereToLook(
  { facts, observation }: Pick<Candidate, 'facts' | 'observation'>,
  { host }: Pick<Scan, 'host'>,
): string {
  const apart = apartFrom(observation.process, host)
  const why = apartText(apart)
  if (apart.differs.length > 0) return `${why}: look at it there`
  if (facts.same_namespaces === 'no')
    return 'it runs in other namespaces than this command (a container, or other mounts): look at it where it runs'
  const asRoot = host.user === '0' ? '' : 'as root, or '
  return `${why ?? 'its process is not seen whole from here'}: look at it ${asRoot}where it runs`
}

/** In its own scope, this daemon is proven stale, so a clean-up of that scope ends it without force. */
function cleanedInItsScope(candidate: Candidate, seen: Scan, { words }: Asked): Remedy | null {
  const scope = staleInScope(candidate, seen)
  const command = scope === null ? null : cleanCommand(words, scope)
  if (scope === null || command === null) return null
  return { commands: [command], description: `ends what is proven stale in ${scope}`, safe: true }
}

/** A daemon that is told to end stops answering before it is gone, and one that starts does not answer yet. */
function beingChanged({ verdict, facts }: Candidate, { words, now }: Asked): Remedy | null {
  const busy = now?.busy ?? null
  if (busy === null || facts.self_report !== 'no') return null
  return explained(words, verdict.reason ?? '', `process ${busy}${BUSY}`)
}

/** The end of the remedy of a row that another command, or the daemon that cleans up, may be changing now. */
const BUSY = ' may be ending or starting it: look again when that is done'

/**
 * The starter of this daemon may be about to record it (`isStarting`): only force could end it now, and in a moment it
 * will be known whether it is used.
 */
function mayBeStarting(candidate: Candidate, { family }: Scan, { words }: Asked): Remedy | null {
  if (!isStarting(candidate)) return null
  return explained(words, STARTING, `it may still be coming up: look again in ${family.startingSeconds} s`)
}

const STARTING: Reason = 'starting'

/** The members of a row that tell whether it is worth to look again later. */
type Waitable = Pick<DoctorRecord, 'skip_reason' | 'remedy'>

/**
 * Returns whether the daemon of this row may still be starting (`isStarting`). A young daemon of another scope, or one
 * that does not answer, has another reason, and the remedy of one that is starting. Everything that lists or counts these uses this function.
 */
export function isToWaitFor({ skip_reason, remedy }: Waitable, { explain }: Pick<Words, 'explain'>): boolean {
  return skip_reason === STARTING || remedy?.commands[0] === `${explain} ${STARTING}`
}

const UNREAD = 'a directory that it names was not read in time: run this again, or see why it does not answer'

/** Returns whether a later scan may know more about the daemon of this row, so that a clean-up may end it then. */
export function isForNow(row: Waitable, words: Pick<Words, 'explain'>): boolean {
  const description = row.remedy?.description
  return isToWaitFor(row, words) || description === UNREAD || description?.endsWith(BUSY) === true
}

function forced(candidate: Candidate, { words }: Asked): Remedy {
  const { pid, port } = candidate.observation
  return {
    commands: [forceCommand(words.clean, port)],
    description: 'ends it, whatever it is used for',
    safe: false,
    // Whatever the reason, it does not show what the process is used for.
    ...(pid === null ? {} : { look: lookCommand([pid]) }),
  }
}
