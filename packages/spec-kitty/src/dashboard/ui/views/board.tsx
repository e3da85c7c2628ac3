import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { MissionReply, WorkPackage } from '../../api.js'
import {
  choosePackages,
  FORMS,
  formOf,
  GROUPS,
  groupPackages,
  inColumn,
  peopleOf,
  type PackageGroup,
} from '../board.js'
import { COLUMNS, isLane, type ColumnName } from '../board-words.js'
import { formatCount } from '../format.js'
import { lazy } from '../lazy.js'
import { replaceRoute } from '../location.js'
import type { BoardChoice } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { moveBetweenCards } from './card-keys.js'
import { NoMatch, NoPackages } from './board-empty.js'
import { Card, CompactCard, type CardProps, type Lanes } from './card.js'
import { Select, TextFilter, useResult } from './filter.js'

const Graph = lazy('The graph', () => import('./graph.js').then((module) => module.Graph))

interface BoardProps {
  readonly mission: MissionReply
  readonly choice: BoardChoice
}

/** The work packages of a mission: in five columns, as a list, or as a graph of their dependencies. */
export function Board({ mission, choice }: BoardProps) {
  const { work_packages: packages, id } = mission
  const moved = useMoved(packages)
  useFocusKept()
  const chosen = choosePackages(packages, choice)
  useResult(`${chosen.length} of ${formatCount(packages.length, 'work package')}`)
  const onBoard = chosen.filter(({ column }) => column !== null)
  const hasPhases = new Set(packages.map(({ phase }) => phase)).size > 1
  const lanes = new Map(packages.map((one) => [one.id, one.lane]))
  const shared = { mission: id, choice, lanes, moved, hasPhases }
  const unread = chosen.filter((one) => one.is_lane_unread)
  const open = chosen.filter((one) => one.lane === null && !one.is_lane_unread)
  const unknown = chosen.filter(({ lane }) => lane !== null && !isLane(lane))
  if (!packages.some(isShown)) return <NoPackages mission={mission} />
  const form = formOf(choice, mission)
  const narrow = new Set(
    COLUMNS.filter(({ column }) => inColumn(onBoard, column).length === 0).map(({ column }) => column),
  )
  return (
    <div onKeyDown={moveBetweenCards}>
      <Tools mission={mission} choice={choice} />
      <div class="asides">
        <Aside name="Not finalised" packages={open} {...shared}>
          The log does not mention these packages, so they are in no lane. This puts them on the board:{' '}
          <code class="command">spec-kitty agent mission finalize-tasks --mission {visible(id)}</code>
        </Aside>
        <Aside name="Lane not readable" packages={unread} {...shared}>
          The log could not be read whole, so it is not known where these packages stand.
        </Aside>
        <Aside name="Unknown lane" packages={unknown} {...shared}>
          These packages are in a lane that this version of the dashboard does not know.
        </Aside>
      </div>
      {onBoard.length + open.length + unread.length + unknown.length === 0 && (
        <NoMatch mission={id} choice={choice} />
      )}
      {form === 'graph' ? (
        <Graph mission={id} packages={chosen.filter(isShown)} choice={choice} />
      ) : (
        groupPackages(onBoard, choice.group).map((group) => (
          <Group key={group.name ?? ''} group={group} isList={form === 'list'} narrow={narrow} {...shared} />
        ))
      )}
    </div>
  )
}

/** Packages in the lane `genesis` are not shown on the board. */
function isShown({ column, lane }: WorkPackage): boolean {
  return column !== null || lane === null || !isLane(lane)
}

function Tools({ mission, choice }: BoardProps) {
  const form = formOf(choice, mission)
  const choose = (change: Partial<BoardChoice>) =>
    replaceRoute({ view: 'board', mission: mission.id, card: null, board: { ...choice, ...change } })
  const people = peopleOf(mission.work_packages).map((name) => ({ value: name, name }))
  return (
    <search class="filters">
      <TextFilter name="Find a work package" text={choice.text} choose={(text) => choose({ text })} />
      {people.length > 0 && (
        <Select
          name="Agent"
          value={choice.agent}
          options={[{ value: '', name: 'any' }, ...people]}
          choose={(agent) => choose({ agent })}
        />
      )}
      {form !== 'graph' && (
        <Select name="Group by" value={choice.group} options={GROUPS} choose={(group) => choose({ group })} />
      )}
      <div class="forms" role="group" aria-label="Show as">
        {FORMS.map(({ form: one, name }) => (
          <button key={one} type="button" aria-pressed={one === form} onClick={() => choose({ as: one })}>
            {name}
          </button>
        ))}
      </div>
    </search>
  )
}

interface Shared {
  readonly mission: string
  readonly choice: BoardChoice
  readonly lanes: Lanes
  readonly hasPhases: boolean
  readonly moved: ReadonlySet<string>
}

interface AsideProps extends Shared {
  readonly name: string
  readonly packages: readonly WorkPackage[]
  readonly children: ComponentChildren
}

/** Packages that are in no column, and why. */
function Aside({ name, packages, children, ...shared }: AsideProps) {
  if (packages.length === 0) return null
  return (
    <section class="aside" aria-label={name}>
      <h2>
        <span>{name}</span> <span class="number">{packages.length}</span>
      </h2>
      <p>{children}</p>
      <Cards packages={packages} card={Card} {...shared} />
    </section>
  )
}

interface GroupProps extends Shared {
  readonly group: PackageGroup
  readonly isList: boolean
  /** The columns that have no package in any group, so that all groups have the same column widths. */
  readonly narrow: ReadonlySet<string>
}

/** All packages, or those of one phase or agent. */
function Group({ group: { name, packages }, isList, narrow, ...shared }: GroupProps) {
  if (packages.length === 0) return null
  const content = isList ? (
    <section class="compact" aria-label={name === null ? 'Work packages' : visible(name)}>
      {name === null && <h2 class="visually-hidden">Work packages</h2>}
      <Cards packages={packages} card={CompactCard} {...shared} />
    </section>
  ) : (
    <Columns name={name} packages={packages} narrow={narrow} {...shared} />
  )
  if (name === null) return content
  return (
    <div class="swimlane" role="group" aria-label={visible(name)}>
      <h2>
        <bdi>{visible(name)}</bdi> <span class="number">{packages.length}</span>
      </h2>
      {content}
    </div>
  )
}

function Columns({ name, packages, narrow, ...shared }: Shared & PackageGroup & Pick<GroupProps, 'narrow'>) {
  return (
    <div class="board">
      {COLUMNS.map((column) => (
        <Column
          key={column.column}
          column={column}
          group={name}
          isNarrow={narrow.has(column.column)}
          packages={inColumn(packages, column.column)}
          {...shared}
        />
      ))}
    </div>
  )
}

interface ColumnProps extends Shared {
  readonly column: ColumnName
  readonly group: string | null
  readonly isNarrow: boolean
  readonly packages: readonly WorkPackage[]
}

/** A column. Without packages it is a narrow strip: it keeps its position, and the other columns get its width. */
function Column({ column: { column, name }, group, isNarrow, packages, ...shared }: ColumnProps) {
  const canceled = packages.filter(({ lane }) => lane === 'canceled').length
  const Heading = group === null ? 'h2' : 'h3'
  return (
    <section
      class={isNarrow ? 'column is-empty' : 'column'}
      data-column={column}
      aria-label={group === null ? name : `${name}, ${visible(group)}`}
    >
      <Heading class="column-head">
        <span>{name}</span> <span class="number">{packages.length - canceled}</span>
        {canceled > 0 && <span class="quiet">{canceled} canceled</span>}
      </Heading>
      {packages.length > 0 && <Cards packages={packages} card={Card} {...shared} />}
    </section>
  )
}

interface CardsProps extends Shared {
  readonly packages: readonly WorkPackage[]
  readonly card: (props: CardProps) => ComponentChildren
}

function Cards({ packages, card: One, moved, ...shared }: CardsProps) {
  return (
    <ul>
      {packages.map((workPackage) => (
        <One
          key={workPackage.id}
          workPackage={workPackage}
          hasMoved={moved.has(workPackage.id)}
          {...shared}
        />
      ))}
    </ul>
  )
}

/** Returns the packages whose lane changed with the latest update of the board; they are highlighted for a moment. */
function useMoved(packages: readonly WorkPackage[]): ReadonlySet<string> {
  const memory = useRef({ packages, moved: new Set<string>() })
  if (memory.current.packages !== packages) {
    const lanes = new Map(memory.current.packages.map(({ id, lane }) => [id, lane]))
    const moved = packages.filter(({ id, lane }) => lanes.has(id) && lanes.get(id) !== lane)
    memory.current = { packages, moved: new Set(moved.map(({ id }) => id)) }
  }
  return memory.current.moved
}

/** A card that moves to another column is a new element. If the old one had the focus, moves the focus to the new one. */
function useFocusKept() {
  const focused = document.activeElement?.closest<HTMLElement>('[data-card-link]')?.dataset['cardLink']
  useLayoutEffect(() => {
    if (focused === undefined || document.activeElement !== document.body) return
    document.querySelector<HTMLElement>(`[data-card-link="${CSS.escape(focused)}"]`)?.focus()
  })
}
