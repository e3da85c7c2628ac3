import { remediationOf, type DoctorExtension } from 'familiar/cli'
import { counted, describeAge, secondsSince } from '../sync/ages.js'
import { NOW, type Why } from '../sync/why-nothing-leaves.js'
import type { WorkView } from '../sync/work-view.js'

type Finding = NonNullable<Awaited<ReturnType<DoctorExtension>>['findings']>[number]

/** Events that wait for longer than this are a finding. A night and a day without network are normal. */
const LONG_SECONDS = 24 * 60 * 60

/** Returns what is wrong with the queue and the settings, and what keeps events from leaving. */
export function workFindings(view: WorkView, ofProject: string | null, now: number): readonly Finding[] {
  return [...waitingLong(view, now), ...wrongSettings(view, ofProject), ...unreadableQueue(view)]
}

function waitingLong({ queue, why, isDaemonRunning }: WorkView, now: number): readonly Finding[] {
  const age = secondsSince(queue?.oldestAt ?? null, now)
  if (queue === null || age === null || age <= LONG_SECONDS) return []
  const waiting = `${counted(queue.queued, 'event')} queued, the oldest for ${describeAge(age)}`
  return [
    {
      id: 'F-009',
      severity: 'warn',
      summary:
        why === null ? `${waiting}, and nothing is known to be in the way` : `${waiting}: ${why.sentence}`,
      remediation:
        why === null
          ? remediationOf({
              commands: [NOW],
              description: 'sends them, and says what becomes of each batch',
              safe: !isDaemonRunning,
            })
          : remediationOf({
              commands: [why.command],
              description: 'changes that, or says what must be changed',
              safe: isHarmless(why, isDaemonRunning),
            }),
    },
  ]
}

/**
 * Returns whether the command is safe to run without a decision of the user. It is not if it may replace an older daemon,
 * or is an opt-in, which lets events leave.
 */
function isHarmless({ reason, command }: Why, isDaemonRunning: boolean): boolean {
  if (reason === 'hosted_sync_disabled' || command.includes(' opt-in ')) return false
  return !command.endsWith(NOW) || !isDaemonRunning
}

function wrongSettings({ settings }: WorkView, ofProject: string | null): readonly Finding[] {
  const problems = [...settings.problems, ...(ofProject === null ? [] : [ofProject])]
  if (problems.length === 0) return []
  return [
    {
      id: 'F-012',
      severity: 'warn',
      summary: problems.join('; '),
      remediation: remediationOf({
        commands: ['spec-kitty config list'],
        description: 'shows every setting and the line that it comes from',
        safe: true,
      }),
    },
  ]
}

const UNREADABLE_QUEUE = remediationOf({
  commands: ['spec-kitty explain F-017'],
  description: 'says what mends it: that depends on what is wrong',
  safe: true,
})

function unreadableQueue({ queueProblem }: WorkView): readonly Finding[] {
  if (queueProblem === null) return []
  return [{ id: 'F-017', severity: 'warn', summary: queueProblem, remediation: UNREADABLE_QUEUE }]
}
