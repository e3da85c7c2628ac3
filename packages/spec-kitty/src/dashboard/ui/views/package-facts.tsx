import type { ComponentChildren } from 'preact'
import type { LaneChange, MissionReply, WorkPackage } from '../../api.js'
import { formatCount } from '../format.js'
import { Ago, Since } from '../live/clock.js'
import { shortAgent } from '../agent-names.js'
import { boardLink, type BoardChoice } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { LaneName, LaneOf } from './card.js'
import { LivenessWord } from './liveness.js'

interface FactsProps {
  readonly mission: MissionReply
  readonly workPackage: WorkPackage
  readonly choice: BoardChoice
}

type OfPackage = Pick<FactsProps, 'workPackage'>

/** The facts about a package: its lane, who has it, its dependencies, and the result of its review. */
export function Facts({ mission, workPackage, choice }: FactsProps) {
  const { dependencies, agent, assignee, phase, model, role, profile, process } = workPackage
  return (
    <dl class="facts">
      <Fact name="Lane">
        <LaneOf workPackage={workPackage} />
        <LaneTime workPackage={workPackage} />
      </Fact>
      {process !== null && (
        <Fact name="Process">
          <LivenessWord process={process} /> <span class="quiet">{visible(process.why)}</span>
        </Fact>
      )}
      {agent !== null && (
        <Fact name="Agent" isShort>
          <bdi title={visible(agent)}>{visible(model === null ? agent : shortAgent(agent))}</bdi>
        </Fact>
      )}
      {model !== null && (
        <Fact name="Model" isShort>
          {visible(model)}
        </Fact>
      )}
      {role !== null && (
        <Fact name="Role" isShort>
          {visible(role)}
        </Fact>
      )}
      {profile !== null && (
        <Fact name="Profile" isShort>
          {visible(profile)}
        </Fact>
      )}
      {assignee !== null && (
        <Fact name="Assignee" isShort>
          {visible(assignee)}
        </Fact>
      )}
      {phase !== null && (
        <Fact name="Phase" isShort>
          {visible(phase)}
        </Fact>
      )}
      {dependencies.length > 0 && (
        <Fact name="Needs">
          {dependencies.map((name) => (
            <Dependency key={name} mission={mission} name={name} choice={choice} />
          ))}
        </Fact>
      )}
      <SubtaskStates workPackage={workPackage} />
      <ReviewFacts workPackage={workPackage} />
    </dl>
  )
}

function LaneTime({ workPackage: { lane_since: since, sent_back: sentBack } }: OfPackage) {
  return (
    <span class="quiet">
      {since !== null && (
        <>
          {' '}
          <Since time={since} />
        </>
      )}
      {sentBack > 0 && `, sent back from review ${sentBack === 1 ? 'once' : `${sentBack} times`}`}
    </span>
  )
}

/** The subtasks of the prompt and of the log. Those that are done according to the log are checked off. */
function SubtaskStates({ workPackage }: OfPackage) {
  const { subtasks, subtask_states: said, subtasks_done: done, subtasks_total: total } = workPackage
  const states = new Map(said.map(({ id, state }) => [id, state]))
  const ids = [...new Set([...subtasks, ...states.keys()])]
  if (ids.length === 0) return null
  return (
    <Fact name="Subtasks">
      {states.size > 0 && `${done} of ${total} done`}
      <ul class="subtasks">
        {ids.map((id) => (
          <li key={id} class={states.get(id) === 'done' ? 'is-done' : undefined}>
            <bdi>{visible(id)}</bdi> <span class="quiet">{visible(states.get(id) ?? '')}</span>
          </li>
        ))}
      </ul>
    </Fact>
  )
}

function ReviewFacts({
  workPackage: { review, review_result: result, front_matter_review: stated },
}: OfPackage) {
  return (
    <>
      {result !== null && (
        <Fact name="Verdict">
          {visible(result.verdict)}
          {result.reviewer !== null && <span class="quiet"> by {visible(result.reviewer)}</span>}
          {result.reference !== null && <bdi class="path"> {visible(result.reference)}</bdi>}
        </Fact>
      )}
      {review !== null && (
        <Fact name="Review">
          {review.reason !== null && <bdi>{visible(review.reason)}</bdi>}{' '}
          <Said by={review.by} at={review.at} />
        </Fact>
      )}
      {stated !== null && (
        <Fact name="Review">
          {stated.status !== null && <bdi>{visible(stated.status.replaceAll('_', ' '))}</bdi>}
          {stated.by !== null && <span class="quiet"> by {visible(stated.by)}</span>}{' '}
          <span
            class="from"
            title="No event says this: it is what review_status and reviewed_by say in the front matter of the prompt"
          >
            from front matter
          </span>
        </Fact>
      )}
    </>
  )
}

/** Every lane change, the newest first. */
export function History({
  workPackage: { history, history_omitted: omitted, sent_back: sentBack },
}: OfPackage) {
  if (history.length === 0) return null
  const count = formatCount(history.length + omitted, 'lane change')
  return (
    <details class="history">
      <summary>
        History <span class="number">{count}</span>
        {sentBack > 0 && (
          <span class="mark" data-why="sent_back">
            sent back {sentBack}×
          </span>
        )}
      </summary>
      <ol>
        {history.toReversed().map((change, at) => (
          <Change key={history.length - at} change={change} />
        ))}
      </ol>
      {omitted > 0 && <p class="quiet">{formatCount(omitted, 'older change')} not shown.</p>}
    </details>
  )
}

function Change({
  change: { at, from, to, by, reason, verdict, is_forced: isForced, worktree },
}: {
  readonly change: LaneChange
}) {
  return (
    <li>
      <p>
        {from !== null && (
          <>
            <LaneName lane={from} /> <span class="quiet">to</span>{' '}
          </>
        )}
        <LaneName lane={to} /> <Said by={by} at={at} />
        {isForced && <span class="from">forced</span>}
        {worktree !== null && <span class="from">from a worktree</span>}
      </p>
      {(reason !== null || verdict !== null) && (
        <p class="quiet">
          {verdict !== null && <b>{visible(verdict)}</b>} {reason !== null && <bdi>{visible(reason)}</bdi>}
        </p>
      )}
    </li>
  )
}

export function Notes({ workPackage: { notes } }: OfPackage) {
  if (notes.length === 0) return null
  return (
    <details class="history" open={notes.length <= 3}>
      <summary>
        Notes <span class="number">{notes.length}</span>
      </summary>
      <ul class="notes">
        {notes.toReversed().map(({ at, by, text }) => (
          <li key={`${at}\n${text}`}>
            <bdi>{visible(text)}</bdi> <Said by={by} at={at} />
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Shows the author of a statement and its time. */
function Said({ by, at }: { readonly by: string | null; readonly at: string | null }) {
  if (by === null && at === null) return null
  return (
    <span class="quiet said">
      {by !== null && visible(by)} {at !== null && <Ago time={at} />}
    </span>
  )
}

interface FactProps {
  readonly name: string
  /** True for a short fact, which can share its line with another one. */
  readonly isShort?: boolean
  readonly children: ComponentChildren
}

function Fact({ name, isShort = false, children }: FactProps) {
  return (
    <div class={isShort ? 'is-short' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface DependencyProps {
  readonly mission: MissionReply
  readonly name: string
  readonly choice: BoardChoice
}

function Dependency({ mission, name, choice }: DependencyProps) {
  const found = mission.work_packages.find(({ id }) => id === name)
  if (found === undefined) return <span class="needed id">{visible(name)} (unknown)</span>
  return (
    <span class="needed">
      <a class="id" href={boardLink(mission.id, name, choice)}>
        <bdi>{visible(name)}</bdi>
      </a>
      <LaneName lane={found.lane} isUnread={found.is_lane_unread} doubt={found.lane_doubt} />
    </span>
  )
}
