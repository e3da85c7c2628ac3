import type { WorkPackage } from '../../api.js'
import { isLane, laneName } from '../columns.js'
import { printRoute } from '../route.js'
import { visible } from '../visible.js'

interface CardProps {
  readonly workPackage: WorkPackage
  readonly mission: string
  /** The ids of the packages that are done; other dependencies are shown as not done yet. */
  readonly done: ReadonlySet<string>
  readonly hasMoved: boolean
}

/** One work package on the board. Its whole area is the link that opens it. */
export function Card({ workPackage, mission, done, hasMoved }: CardProps) {
  const { id, title, lane, phase } = workPackage
  const people = whoWorks(workPackage)
  return (
    <li class={hasMoved ? 'card has-moved' : 'card'} data-card={id} data-lane={lane}>
      <h3>
        <a class="stretched" href={printRoute({ view: 'board', mission, card: id })} data-card-link={id}>
          <bdi class="id">{visible(id)}</bdi> <bdi class="title">{visible(title)}</bdi>
        </a>
      </h3>
      <p class="card-facts">
        <LaneName lane={lane} />
        {people !== null && <bdi>{visible(people)}</bdi>}
        {phase !== null && <bdi>{visible(phase)}</bdi>}
      </p>
      {workPackage.dependencies.length > 0 && <Dependencies names={workPackage.dependencies} done={done} />}
    </li>
  )
}

/** Returns the agent and the assignee of a package, each name once; null if it has neither. */
function whoWorks({ agent, assignee }: WorkPackage): string | null {
  const names = [...new Set([agent, assignee])].filter((name) => name !== null && name !== '')
  return names.length === 0 ? null : names.join(', ')
}

/** The name of a lane; a lane that this version does not know is marked as such. */
export function LaneName({ lane }: { readonly lane: string }) {
  return (
    <bdi class={isLane(lane) ? 'lane' : 'lane is-unknown'} data-lane={lane}>
      {visible(laneName(lane))}
    </bdi>
  )
}

function Dependencies({
  names,
  done,
}: {
  readonly names: readonly string[]
  readonly done: ReadonlySet<string>
}) {
  return (
    <p class="card-needs">
      <span>needs</span>{' '}
      {names.map((name) => (
        <bdi
          key={name}
          class={done.has(name) ? 'id is-done' : 'id'}
          title={done.has(name) ? 'done' : 'not done yet'}
        >
          {visible(name)}
          <span class="visually-hidden">{done.has(name) ? ' (done)' : ' (not done yet)'}</span>
        </bdi>
      ))}
    </p>
  )
}
