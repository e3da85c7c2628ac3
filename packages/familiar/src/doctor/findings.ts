import { heldAdvice, isScopeGone, type DaemonStatus } from '../classify/daemon-state.js'
import { usedScope } from '../classify/stale-evidence.js'
import { leftToPredecessor, stopElsewhere } from '../define/hints.js'
import type { Words } from '../define/options.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isEndedByStop, scopeDaemon } from '../observe/scope-daemon.js'
import { describePortUsers } from '../observe/port-users.js'
import { lookCommand } from '../observe/platform/look-command.js'
import { decisionsIn, whereToLook } from './choose-remedy.js'
import type { Finding, Seen } from './finding.js'
import { timeText } from './status-head.js'
import {
  actsHere,
  explained,
  isExplanation,
  obstructed,
  remediationOf,
  type Remediation,
  type Remedy,
} from './remedy.js'
import { isReplaced, otherVersion } from './version-finding.js'

/** The range is nearly full if at least this share of its ports is in use. */
const NEARLY_FULL = 0.8

/**
 * Returns every finding of the library that applies and the findings of the tool, in the order of their ids. `remedies`:
 * remedies of the tool that replace those of the library, by the id of the finding. Pure.
 */
export function findingsOf(
  seen: Seen,
  ofTool: readonly Finding[],
  remedies: Readonly<Record<string, Remediation>> = {},
): readonly Finding[] {
  const rules = [orphaned, otherVersion, noDaemon, nearlyFull, predecessorToo, outOfReach, crashed]
  const found = rules
    .flatMap((rule) => rule(seen) ?? [])
    .map((one) => ({ ...one, remediation: remedies[one.id] ?? one.remediation }))
  return [...found, ...ofTool].map((one) => besideObstacle(one, seen)).toSorted(byId)
}

/**
 * While an obstacle keeps every command of this scope from working, no finding suggests one, and the finding about the
 * obstacle is a problem.
 */
function besideObstacle(finding: Finding, all: Seen): Finding {
  const { words } = all
  const obstacle = all.now?.obstacle ?? null
  const { id, severity, remediation } = finding
  if (obstacle === null) return finding
  if (id === obstacle.id) return severity === 'info' ? { ...finding, severity: 'warn' } : finding
  const isVain = remediation !== null && actsHere(words, remediation)
  return isVain ? { ...finding, remediation: remediationOf(obstructed(words, obstacle)) } : finding
}

/**
 * The ids are ASCII, so `localeCompare` is not needed: it would load language rules, which takes a fifth of Node's start
 * time.
 */
function byId(one: Finding, other: Finding): number {
  return Number(one.id > other.id) - Number(one.id < other.id)
}

/**
 * Counts the orphans that a command can end. Does not count candidates that even `--force` spares, nor candidates that
 * may still be starting, because their rows say how long to wait. Does not count this scope's own daemon either, because
 * other findings describe it.
 */
function orphaned({ seen, words, now, remedyOf }: Seen): Finding | null {
  const own = scopeDaemon(seen)
  const decisions = new Set(decisionsIn(seen, { words, ...(now === undefined ? {} : { now }) }).all)
  const orphans = seen.candidates.filter(
    (candidate) => candidate !== own && (isSafe(candidate) || decisions.has(candidate)),
  )
  if (orphans.length === 0) return null
  const safe = orphans.filter(isSafe).length
  const open = orphans.length - safe
  const besides = own !== null && decisions.has(own) ? ' besides that of F-005' : ''
  const parts = [
    ...(safe > 0 ? [`${safe} ${now?.obstacle == null ? 'can be ended' : 'proven stale'}`] : []),
    ...(open > 0 ? [`${open} ${open === 1 ? 'needs' : 'need'} a decision`] : []),
  ]
  return {
    id: 'F-002',
    severity: 'warn',
    summary: `orphaned ${words.title}s${besides}: ${parts.join(', ')}`,
    remediation: mildest(
      orphans.flatMap((orphan) => {
        const remedy = remedyOf(orphan)
        return remedy === null ? [] : { remedy, pid: orphan.observation.pid }
      }),
      words,
    ),
  }
}

function isSafe({ verdict }: Candidate): boolean {
  return verdict.class === 'safe_auto'
}

/**
 * Returns the mildest remedies, each command once: those that end only stale daemons or, if there are none, those that
 * need a decision. The next run of the doctor suggests a remedy for whatever remains.
 */
function mildest(
  all: readonly { readonly remedy: Remedy; readonly pid: number | null }[],
  words: Words,
): Remediation | null {
  const acting = all.filter(({ remedy }) => !isExplanation(words, remedy))
  const safe = acting.filter(({ remedy }) => remedy.safe)
  const chosen = safe.length > 0 ? safe : acting.length > 0 ? acting : all
  const first = chosen[0]?.remedy
  if (first === undefined) return null
  const commands = [...new Set(chosen.flatMap(({ remedy }) => remedy.commands))]
  const toLookAt = chosen.flatMap(({ remedy, pid }) => (remedy.look === undefined ? [] : (pid ?? [])))
  const descriptions = new Set(chosen.map(({ remedy }) => remedy.description))
  const description =
    commands.length === 1 || (first.safe && descriptions.size === 1)
      ? first.description
      : first.safe
        ? `each ends what is proven stale in one ${words.scope}`
        : 'each ends one of them, whatever it is used for'
  const look = toLookAt.length === 0 ? {} : { look: lookCommand(toLookAt) }
  return remediationOf({ commands, description, safe: first.safe, ...look })
}

function noDaemon({ seen, status, words, remedyOf }: Seen): Finding | null {
  const { title, stop } = words
  const { state, pid, port } = status
  const at = `process ${pid ?? 'unknown'}, port ${port ?? 'none'}`
  if (state === 'none' || state === 'stopped') {
    const summary = status.unread === undefined ? `no ${title}` : `no ${title} is known: ${status.unread}`
    return { id: 'F-005', severity: 'info', summary, remediation: null }
  }
  if (state === 'crashed') {
    const summary = `the recorded ${title} is not running (${at})`
    return { id: 'F-005', severity: 'info', summary, remediation: null }
  }
  if (state !== 'wedged') return null
  const daemon = scopeDaemon(seen)
  const remedy =
    daemon === null
      ? { commands: [stop], description: 'ends it', safe: false }
      : (remedyOf(daemon) ?? explained(words, 'F-005', 'no command ends it: its process is not proven'))
  return {
    id: 'F-005',
    severity: 'critical',
    summary: `the ${title} (${at}) does not answer`,
    remediation: remediationOf(remedy),
  }
}

/** Reports a daemon that commands cannot reach from here. */
function outOfReach({ status, words }: Seen): Finding | null {
  const { state, why, report, heldFor } = status
  if (state !== 'unreachable' && state !== 'elsewhere') return null
  const other = words.otherScopeHint === '' ? '' : `, or ${words.otherScopeHint}`
  const stopThere = heldFor?.isStoppedThere === true ? stopElsewhere(words, heldFor.path) : null
  const where = heldFor === undefined ? `use it where it runs${other}` : heldAdvice(heldFor)
  const advice = isScopeGone(report) ? 'wait until it has exited' : where
  return {
    id: state === 'unreachable' ? 'F-013' : 'F-014',
    severity: 'warn',
    summary: `${nameOf(status, words)} is ${state}: ${why}`,
    remediation: remediationOf(
      stopThere === null
        ? explained(words, state, advice)
        : { commands: [stopThere], description: 'stops it where it was started', safe: false },
    ),
  }
}

/** The remedy is null because the next command replaces this daemon. */
function crashed({ status, words }: Seen): Finding | null {
  const { state, why, since } = status
  if (state !== 'crashed') return null
  const when = since === null ? '' : `, last seen alive ${timeText(since)}`
  return {
    id: 'F-015',
    severity: 'warn',
    summary: `${nameOf(status, words)} crashed${when}: ${why}`,
    remediation: remediationOf({
      commands: [words.start],
      description: 'starts a new one; its log may say why the last one ended',
      safe: true,
    }),
  }
}

function nameOf({ pid, port }: DaemonStatus, { title }: Words): string {
  return `the ${title} (process ${pid ?? 'unknown'}, port ${port ?? 'unknown'})`
}

/**
 * Reports that the port range is nearly full. The remedy is to end the orphans in the range. No command of ours ends
 * anything else, so if there are none, the command shows the programs that have the most ports.
 */
function nearlyFull(all: Seen): Finding | null {
  const { seen, words } = all
  const { from, to } = seen.family.ports
  const used = new Set(seen.candidates.flatMap(({ observation }) => observation.port ?? [])).size
  if (used < (to - from) * NEARLY_FULL) return null
  return {
    id: 'F-010',
    severity: 'warn',
    summary: `${used} of the ${to - from} ports ${from}-${to - 1} are in use: ${describePortUsers(seen, words.scope)}`,
    remediation: orphaned(all)?.remediation ?? otherPrograms(seen),
  }
}

/** A program with many ports is the one to end, and a command line must stay readable. */
const SHOWN_PROGRAMS = 3

function otherPrograms({ candidates, family }: Scan): Remediation | null {
  const reasons = new Set(['third_party', family.reasonNames.not_ours])
  const ports = new Map<number, number>()
  for (const { verdict, observation } of candidates)
    if (observation.pid !== null && reasons.has(verdict.reason ?? ''))
      ports.set(observation.pid, (ports.get(observation.pid) ?? 0) + 1)
  const pids = [...ports]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, SHOWN_PROGRAMS)
    .map(([pid]) => pid)
  if (pids.length === 0) return null
  const description = `shows ${pids.length === 1 ? 'that program' : 'those with the most ports'}: end what you do not need`
  return remediationOf({ commands: [lookCommand(pids)], description, safe: true })
}

/**
 * Reports that a predecessor's daemon serves this scope too and is left alone. (A daemon that commands would replace is
 * reported by F-004 instead.) If the scope has a record of ours, no command of ours ends that daemon, because the
 * predecessor is still in use.
 */
function predecessorToo({ seen, words, uninstalled }: Seen): Finding | null {
  const { predecessor, scope, stop } = words
  const theirs = seen.candidates.find(
    (candidate) =>
      candidate.facts.singleton_here === 'yes' &&
      (candidate.facts.marker !== 'yes' || candidate.facts.marker_here === 'yes') &&
      candidate.observation.report !== null &&
      candidate.observation.shape?.implementation === 'predecessor',
  )
  if (theirs === undefined || isReplaced(theirs, seen)) return null
  const { report, pid, port } = theirs.observation
  const isSeen = theirs.proof !== null
  const isStopped = isSeen && theirs === scopeDaemon(seen) && isEndedByStop(theirs, seen)
  const advice = isSeen ? 'nothing needs to be done: both may run side by side' : whereToLook(theirs, seen)
  const isMarked = theirs.facts.marker === 'yes' && usedScope(theirs.observation, seen.context) === null
  const isGone = uninstalled?.has(theirs) === true
  const left = leftToPredecessor(words, isSeen && isMarked ? pid : null, !isGone)
  // Not by its executable: that is the interpreter of a predecessor, which an upgrade replaces at the same path.
  const version = `${report?.packageVersion}${isGone ? ', which is not installed any more,' : ''}`
  return {
    id: 'F-011',
    severity: 'info',
    summary: `${predecessor} ${version} keeps a daemon on this ${scope} too (process ${pid ?? 'unknown'}, port ${port})${isStopped ? '' : `; ${left}`}`,
    remediation: remediationOf(
      isStopped
        ? { commands: [stop], description: 'ends it', safe: false }
        : explained(words, 'F-011', advice),
    ),
  }
}
