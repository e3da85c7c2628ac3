import type { WorkPackage } from '../../api.js'
import { isSatisfied, whoHas } from '../board.js'
import { isLane, laneName } from '../board-words.js'
import { Since } from '../live/clock.js'
import { shortAgent } from '../agent-names.js'
import { boardLink, type BoardChoice } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { LivenessWord } from './liveness.js'
import { Subtasks } from './subtasks.js'

export interface CardProps {
  readonly workPackage: WorkPackage
  readonly mission: string
  /** The filters and the grouping of the board. They are kept when a card is opened. */
  readonly choice: BoardChoice
  /** The lanes of the mission's packages, by id. */
  readonly lanes: Lanes
  readonly hasMoved: boolean
  /** Whether the packages have different phases. A phase that all packages share is not shown. */
  readonly hasPhases: boolean
}

export type Lanes = ReadonlyMap<string, string | null>

/** One work package on the board. Its whole area is the link that opens it. */
export function Card({ workPackage, mission, choice, lanes, hasMoved, hasPhases }: CardProps) {
  const { id, lane, lane_since: since, phase, process } = workPackage
  const { subtasks_done: done, subtasks_total: total } = workPackage
  const isHeld = process !== null || whoHas(workPackage) !== null
  const isPhaseShown = hasPhases && phase !== null && choice.group !== 'phase'
  return (
    <li class={hasMoved ? 'card has-moved' : 'card'} data-card={id} data-lane={lane ?? ''}>
      <CardTitle workPackage={workPackage} mission={mission} choice={choice} />
      {total > 0 && !isFinal(lane) && <Subtasks done={done} total={total} />}
      <p class="card-facts">
        <LaneOf workPackage={workPackage} />
        {since !== null && !isFinal(lane) && (
          <span title="In this lane for so long">
            <Since time={since} />
          </span>
        )}
        <SentBack workPackage={workPackage} />
        {!isHeld && isPhaseShown && <Phase name={phase} />}
      </p>
      {isHeld && (
        <p class="card-facts">
          {process !== null && <LivenessWord process={process} />}
          <Who workPackage={workPackage} />
          {isPhaseShown && <Phase name={phase} />}
        </p>
      )}
      <Reason workPackage={workPackage} />
      <Needs workPackage={workPackage} lanes={lanes} />
    </li>
  )
}

/** Why a package is blocked, or why a review sent it back, in at most two lines. */
function Reason({ workPackage: { reason } }: { readonly workPackage: WorkPackage }) {
  if (reason === null) return null
  return (
    <p class="card-reason" title={visible(reason)}>
      <bdi>{visible(reason)}</bdi>
    </p>
  )
}

function Phase({ name }: { readonly name: string }) {
  return (
    <bdi class="phase" title={visible(name)}>
      {visible(name)}
    </bdi>
  )
}

/** How often a review sent a package back. Shown as long as that can still happen. */
function SentBack({ workPackage: { lane, sent_back: count } }: { readonly workPackage: WorkPackage }) {
  if (count === 0 || isSatisfied(lane) || isFinal(lane)) return null
  return <span class="sent-back">sent back {count}×</span>
}

/** One work package on one line. */
export function CompactCard({ workPackage, mission, choice, lanes, hasMoved }: CardProps) {
  const { id, lane, lane_since: since, subtasks_done: done, subtasks_total: total } = workPackage
  return (
    <li
      class={hasMoved ? 'card is-compact has-moved' : 'card is-compact'}
      data-card={id}
      data-lane={lane ?? ''}
    >
      <CardTitle workPackage={workPackage} mission={mission} choice={choice} />
      <span class="card-facts">
        <LaneOf workPackage={workPackage} />
        {workPackage.process !== null && <LivenessWord process={workPackage.process} />}
        <Needs workPackage={workPackage} lanes={lanes} isShort />
      </span>
      <Who workPackage={workPackage} />
      {isFinal(lane) ? <span /> : <Subtasks done={done} total={total} />}
      <span class="when quiet">
        {isFinal(lane) ? (
          <Day time={workPackage.updated_at ?? ''} />
        ) : (
          since !== null && <Since time={since} />
        )}
      </span>
    </li>
  )
}

type CardTitleProps = Pick<CardProps, 'workPackage' | 'mission' | 'choice'>

function CardTitle({ workPackage: { id, title }, mission, choice }: CardTitleProps) {
  return (
    <h3>
      <a class="stretched" href={boardLink(mission, id, choice)} data-card-link={id}>
        <bdi class="id">{visible(id)}</bdi> <bdi class="title">{visible(title)}</bdi>
      </a>
    </h3>
  )
}

/** The day of a change. Of what is finished, the day is more useful than how long ago it was. */
function Day({ time }: { readonly time: string }) {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return null
  return (
    <time dateTime={time} title={date.toLocaleString()}>
      {date.toLocaleDateString()}
    </time>
  )
}

function isFinal(lane: string | null): boolean {
  return lane === 'done' || lane === 'canceled'
}

/** The short names of the agent and the assignee, each only once. */
function Who({ workPackage }: { readonly workPackage: WorkPackage }) {
  const { assignee } = workPackage
  const first = whoHas(workPackage)
  if (first === null) return <span class="who" />
  const isOther = assignee !== null && assignee !== '' && shortAgent(assignee) !== shortAgent(first)
  const names = isOther ? [first, assignee] : [first]
  return (
    <bdi class="who" title={visible(names.join(', '))}>
      {visible(names.map(shortAgent).join(' · '))}
    </bdi>
  )
}

/** The lane of a package, and its source unless that is an event in the main checkout. */
export function LaneOf({ workPackage }: { readonly workPackage: WorkPackage }) {
  const { lane, lane_source: source, worktree, lane_doubt: doubt } = workPackage
  const isFile = source === 'front_matter' || source === 'folder'
  return (
    <>
      <LaneName lane={lane} isUnread={workPackage.is_lane_unread} doubt={doubt} />
      {isFile && (
        <span class="from" title={FILE_SOURCES[source]}>
          from front matter
        </span>
      )}
      {worktree !== null && (
        <span class="from" title={`The event is in the worktree ${visible(worktree)} only`}>
          from a worktree
        </span>
      )}
    </>
  )
}

/** Says that the lane behind it is only the last one that is known. */
function InDoubt({ why }: { readonly why: string }) {
  return (
    <span class="doubt" title={`It may be in another lane. ${visible(why)}`}>
      last known:
    </span>
  )
}

const FILE_SOURCES = {
  front_matter: 'No event says this: it is the lane in the front matter of the prompt',
  folder: 'No event says this: it is the name of the folder that the prompt is in',
} as const

/** The name of a lane; a lane that this version does not know is marked as such. */
export function LaneName({
  lane,
  isUnread = false,
  doubt = null,
}: {
  readonly lane: string | null
  readonly isUnread?: boolean
  /** Why the lane is only the last one that is known; null if it is certain. */
  readonly doubt?: string | null
}) {
  if (lane === null) return <span class="lane is-unknown">{isUnread ? 'Not readable' : 'Not finalised'}</span>
  return (
    <>
      {doubt !== null && (
        <>
          <InDoubt why={doubt} />{' '}
        </>
      )}
      <bdi class={isLane(lane) ? 'lane' : 'lane is-unknown'} data-lane={lane}>
        {visible(laneName(lane))}
      </bdi>
    </>
  )
}

interface NeedsProps {
  readonly workPackage: WorkPackage
  readonly lanes: Lanes
  /** Whether the dependencies that are approved or done are left out. */
  readonly isShort?: boolean
}

/** Shows what a package waits for, or that it is ready. Shows nothing for a package that is in work or finished. */
function Needs({ workPackage, lanes, isShort = false }: NeedsProps) {
  const { dependencies, column, is_ready: isReady, lane, lane_doubt: doubt } = workPackage
  const why = doubt === null ? workPackage.not_ready_because : null
  const [met, open] = [true, false].map((isMet) =>
    dependencies.filter((name) => isSatisfied(lanes.get(name) ?? null) === isMet),
  )
  const isEarly = column === 'planned' || lane === null
  if (!isEarly && (open?.length === 0 || isFinal(lane) || lane === 'approved')) return null
  if (!isReady && why === null && dependencies.length === 0) return null
  if (isShort && !isReady && why === null && open?.length === 0) return null
  const Line = isShort ? 'span' : 'p'
  return (
    <Line class="card-needs">
      {isReady && <span class="ready">Ready</span>}
      {(isShort ? [] : met)?.map((name) => (
        <Needed key={name} name={name} lane={lanes.get(name)} />
      ))}
      {open !== undefined && open.length > 0 && <span>waiting for</span>}
      {open?.map((name) => (
        <Needed key={name} name={name} lane={lanes.get(name)} />
      ))}
      {why !== null && open?.length === 0 && (
        <span class="not-ready" title={visible(why)}>
          not ready
          <span class={isShort ? 'visually-hidden' : undefined}>: {visible(why)}</span>
        </span>
      )}
    </Line>
  )
}

interface NeededProps {
  readonly name: string
  /** The lane of the dependency; `undefined` if the mission has no such package. */
  readonly lane: string | null | undefined
}

/** A dependency is satisfied once it is approved or done. */
function Needed({ name, lane }: NeededProps) {
  const isDone = isSatisfied(lane ?? null)
  const isCanceled = lane === 'canceled'
  const state =
    lane === undefined ? 'unknown' : (isDone || isCanceled) && lane !== null ? lane : 'not done yet'
  return (
    <bdi class={isDone ? 'id is-done' : isCanceled ? 'id is-canceled' : 'id'} title={state}>
      {visible(name)}
      <span class="visually-hidden"> ({state})</span>
    </bdi>
  )
}
