import type { WorkPackage } from '../../api.js'
import { isSatisfied } from '../board.js'
import { laneName } from '../board-words.js'
import { layGraph, type Graph as Laid, type Place } from '../graph.js'
import { boardLink, type BoardChoice } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { LaneName } from './card.js'

/** The sizes of the drawing, in pixels. */
const BOX = { width: 172, height: 64, gapX: 44, gapY: 14, margin: 8 } as const

const BEND = BOX.gapX * 0.6

interface GraphProps {
  readonly mission: string
  readonly packages: readonly WorkPackage[]
  readonly choice: BoardChoice
}

/** The dependencies between packages, drawn from left to right, and as a list beside the drawing. Both link to the packages. */
export function Graph({ mission, packages, choice }: GraphProps) {
  if (packages.length === 0) return null
  const graph = layGraph(packages)
  const byId = new Map(packages.map((one) => [one.id, one]))
  return (
    <div class="graph">
      <div
        class="graph-drawing"
        tabIndex={0}
        role="group"
        aria-label="Graph of what needs what"
        onKeyDown={(event) => moveInGraph(event, graph)}
      >
        <Drawing graph={graph} byId={byId} mission={mission} choice={choice} />
      </div>
      <section class="graph-list" aria-label="What needs what">
        <h2>What needs what</h2>
        {graph.arrows.length === 0 && <p class="quiet">No package here names another one that it needs.</p>}
        <ul>
          {packages.map((one) => (
            <Needs key={one.id} one={one} mission={mission} choice={choice} />
          ))}
        </ul>
      </section>
    </div>
  )
}

interface DrawingProps {
  readonly graph: Laid
  readonly byId: ReadonlyMap<string, WorkPackage>
  readonly mission: string
  readonly choice: BoardChoice
}

function Drawing({ graph, byId, mission, choice }: DrawingProps) {
  const width = graph.columns * (BOX.width + BOX.gapX) - BOX.gapX + 2 * BOX.margin
  const height = graph.rows * (BOX.height + BOX.gapY) - BOX.gapY + 2 * BOX.margin
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {graph.arrows.map(({ from, to }) => (
        <path
          key={`${from.id} ${to.id}`}
          class={isSatisfied(byId.get(from.id)?.lane ?? null) ? 'arrow is-done' : 'arrow'}
          d={arrowBetween(from, to)}
        />
      ))}
      {graph.places.map((place) => (
        <Box key={place.id} place={place} one={byId.get(place.id)} mission={mission} choice={choice} />
      ))}
    </svg>
  )
}

interface BoxProps {
  readonly place: Place
  readonly one: WorkPackage | undefined
  readonly mission: string
  readonly choice: BoardChoice
}

function Box({ place, one, mission, choice }: BoxProps) {
  if (one === undefined) return null
  const { x, y } = cornerOf(place)
  const title = visible(one.title)
  const lane = one.lane !== null ? laneName(one.lane) : one.is_lane_unread ? 'Not readable' : 'Not finalised'
  const isCertain = one.lane_doubt === null
  const first = visible(`${one.id} · ${lane}${isCertain ? '' : '?'}`)
  return (
    <a
      class="box"
      href={boardLink(mission, one.id, choice)}
      data-card-link={one.id}
      data-column={one.column ?? ''}
      data-lane={one.lane ?? ''}
    >
      <title>{`${first} ${title}${isCertain ? '' : ' (the last known lane)'}`}</title>
      <rect x={x} y={y} width={BOX.width} height={BOX.height} rx="7" />
      <rect class="box-lane" x={x} y={y} width="5" height={BOX.height} rx="2" />
      <foreignObject x={x + 8} y={y} width={BOX.width - 12} height={BOX.height}>
        <div class="box-text">
          <div class="box-id">{first}</div>
          <div>{title}</div>
        </div>
      </foreignObject>
    </a>
  )
}

function cornerOf({ column, row }: Place) {
  return {
    x: BOX.margin + column * (BOX.width + BOX.gapX),
    y: BOX.margin + row * (BOX.height + BOX.gapY),
  }
}

/**
 * Returns a curve with an arrowhead from the right edge of one box to the left edge of another. If there are other
 * columns in between, the curve passes them between two rows, so that it does not cross a box.
 */
function arrowBetween(from: Place, to: Place): string {
  const start = cornerOf(from)
  const end = cornerOf(to)
  const [x1, y1] = [start.x + BOX.width, start.y + BOX.height / 2]
  const [x2, y2] = [end.x, end.y + BOX.height / 2]
  const head = 'm-7 -4l7 4l-7 4'
  if (to.column - from.column < 2) return `M${x1} ${y1}${curve(x1, y1, x2, y2)}${head}`
  const left = cornerOf({ ...from, column: from.column + 1 }).x
  const right = cornerOf({ ...to, column: to.column - 1 }).x + BOX.width
  const between = from.row < to.row ? end.y - BOX.gapY / 2 : end.y + BOX.height + BOX.gapY / 2
  return `M${x1} ${y1}${curve(x1, y1, left, between)}H${right}${curve(right, between, x2, y2)}${head}`
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  return `C${fromX + BEND} ${fromY} ${toX - BEND} ${toY} ${toX} ${toY}`
}

/**
 * Moves the focus: left to a dependency, right to a dependent package (or to the one beside it, if it has neither), up and
 * down within a column, and to its ends with Home and End.
 */
function moveInGraph(event: KeyboardEvent, graph: Laid): void {
  const drawing = event.currentTarget
  const from = event.target instanceof Element ? event.target.closest('[data-card-link]') : null
  if (!(drawing instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return
  const id = from?.getAttribute('data-card-link') ?? null
  const next = id === null ? graph.places[0]?.id : neighbourIn(graph, id, event.key)
  const isMove = /^(?:Arrow|Home$|End$)/.test(event.key)
  if (!isMove || next === undefined) return
  event.preventDefault()
  event.stopPropagation()
  drawing.querySelector<SVGAElement>(`[data-card-link="${CSS.escape(next)}"]`)?.focus()
}

function neighbourIn({ places, arrows }: Laid, id: string, key: string): string | undefined {
  const at = places.find((place) => place.id === id)
  const column = places
    .filter((place) => place.column === at?.column)
    .toSorted((one, other) => one.row - other.row)
  const isAlone = !arrows.some(({ from, to }) => from.id === id || to.id === id)
  const beside = (step: number) =>
    places.find(({ column, row }) => row === at?.row && column === (at?.column ?? 0) + step)?.id
  switch (key) {
    case 'ArrowLeft':
      return isAlone ? beside(-1) : arrows.find(({ to }) => to.id === id)?.from.id
    case 'ArrowRight':
      return isAlone ? beside(1) : arrows.find(({ from }) => from.id === id)?.to.id
    case 'ArrowUp':
      return column[column.findIndex((place) => place.id === id) - 1]?.id
    case 'ArrowDown':
      return column[column.findIndex((place) => place.id === id) + 1]?.id
    case 'Home':
      return column[0]?.id
    case 'End':
      return column.at(-1)?.id
    default:
      return undefined
  }
}

interface NeedsProps {
  readonly one: WorkPackage
  readonly mission: string
  readonly choice: BoardChoice
}

function Needs({ one, mission, choice }: NeedsProps) {
  return (
    <li>
      <a href={boardLink(mission, one.id, choice)}>
        <bdi class="id">{visible(one.id)}</bdi> <bdi>{visible(one.title)}</bdi>
      </a>{' '}
      <span>
        <LaneName lane={one.lane} isUnread={one.is_lane_unread} doubt={one.lane_doubt} />
      </span>
      {one.dependencies.length > 0 && <p class="quiet">needs {one.dependencies.map(visible).join(', ')}</p>}
    </li>
  )
}
