import type { WorkPackage } from '../../api.js'
import { isLane, isSatisfied, laneName } from '../columns.js'
import { printRoute } from '../route.js'
import { visible } from '../visible.js'

interface CardProps {
  readonly workPackage: WorkPackage
  readonly mission: string
  /** The lanes of the mission's packages, by id. */
  readonly lanes: Lanes
  readonly hasMoved: boolean
}

export type Lanes = ReadonlyMap<string, string | null>

/** One work package on the board. Its whole area is the link that opens it. */
export function Card({ workPackage, mission, lanes, hasMoved }: CardProps) {
  const { id, title, lane, phase } = workPackage
  const people = whoWorks(workPackage)
  return (
    <li class={hasMoved ? 'card has-moved' : 'card'} data-card={id} data-lane={lane ?? ''}>
      <h3>
        <a class="stretched" href={printRoute({ view: 'board', mission, card: id })} data-card-link={id}>
          <bdi class="id">{visible(id)}</bdi> <bdi class="title">{visible(title)}</bdi>
        </a>
      </h3>
      <p class="card-facts">
        <LaneOf workPackage={workPackage} />
        {people !== null && <bdi>{visible(people)}</bdi>}
        {phase !== null && <bdi>{visible(phase)}</bdi>}
      </p>
      {workPackage.dependencies.length > 0 && <Dependencies names={workPackage.dependencies} lanes={lanes} />}
    </li>
  )
}

/** Returns the agent and the assignee of a package, each name once; null if it has neither. */
function whoWorks({ agent, assignee }: WorkPackage): string | null {
  const names = [...new Set([agent, assignee])].filter((name) => name !== null && name !== '')
  return names.length === 0 ? null : names.join(', ')
}

/** The lane of a package, and where it is from if not from an event in the main checkout. */
export function LaneOf({ workPackage }: { readonly workPackage: WorkPackage }) {
  const { lane, lane_source: source, worktree } = workPackage
  const isFile = source === 'front_matter' || source === 'folder'
  return (
    <>
      <LaneName lane={lane} />
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

const FILE_SOURCES = {
  front_matter: 'No event says this: it is the lane in the front matter of the prompt',
  folder: 'No event says this: it is the name of the folder that the prompt is in',
} as const

/** The name of a lane; a lane that this version does not know is marked as such. */
export function LaneName({ lane }: { readonly lane: string | null }) {
  if (lane === null) return <span class="lane is-unknown">Not finalised</span>
  return (
    <bdi class={isLane(lane) ? 'lane' : 'lane is-unknown'} data-lane={lane}>
      {visible(laneName(lane))}
    </bdi>
  )
}

function Dependencies({ names, lanes }: { readonly names: readonly string[]; readonly lanes: Lanes }) {
  return (
    <p class="card-needs">
      <span>needs</span>{' '}
      {names.map((name) => (
        <Needed key={name} name={name} lane={lanes.get(name)} />
      ))}
    </p>
  )
}

/** A dependency is satisfied once it is approved or done; `undefined`: the mission has no such package. */
function Needed({ name, lane }: { readonly name: string; readonly lane: string | null | undefined }) {
  const isDone = isSatisfied(lane ?? null)
  const state = lane === undefined ? 'unknown' : isDone && lane !== null ? lane : 'not done yet'
  return (
    <bdi class={isDone ? 'id is-done' : 'id'} title={state}>
      {visible(name)}
      <span class="visually-hidden"> ({state})</span>
    </bdi>
  )
}
