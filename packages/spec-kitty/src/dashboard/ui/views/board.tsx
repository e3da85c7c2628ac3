import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { MissionReply, WorkPackage } from '../../api.js'
import { COLUMNS, inColumn, isLane, type ColumnName } from '../columns.js'
import { visible } from '../visible.js'
import { moveBetweenCards } from './arrows.js'
import { Card, type Lanes } from './card.js'
import { Notice } from './notice.js'

/** The work packages of a mission in five columns. */
export function Board({ mission }: { readonly mission: MissionReply }) {
  const { work_packages: packages, id } = mission
  const onBoard = packages.filter(({ column }) => column !== null)
  const moved = useMoved(packages)
  const lanes = new Map(packages.map((one) => [one.id, one.lane]))
  const shared = { mission: id, lanes, moved }
  const open = packages.filter(({ lane }) => lane === null)
  const unknown = packages.filter(({ lane }) => lane !== null && !isLane(lane))
  if (onBoard.length + open.length + unknown.length === 0) return <NoPackages mission={mission} />
  return (
    <div onKeyDown={moveBetweenCards}>
      <Aside name="Not finalised" packages={open} {...shared}>
        The log does not mention these packages, so they are in no lane. This puts them on the board:{' '}
        <code class="command">spec-kitty agent mission finalize-tasks --mission {visible(id)}</code>
      </Aside>
      <Aside name="Unknown lane" packages={unknown} {...shared}>
        These packages are in a lane that this version of the dashboard does not know.
      </Aside>
      {onBoard.length > 0 && (
        <div class="board">
          {COLUMNS.map((column) => (
            <Column
              key={column.column}
              column={column}
              packages={inColumn(onBoard, column.column)}
              {...shared}
            />
          ))}
        </div>
      )}
    </div>
  )
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
      <Cards packages={packages} {...shared} />
    </section>
  )
}

interface Shared {
  readonly mission: string
  readonly lanes: Lanes
  readonly moved: ReadonlySet<string>
}

interface ColumnProps extends Shared {
  readonly column: ColumnName
  readonly packages: readonly WorkPackage[]
}

function Column({ column: { column, name }, packages, ...shared }: ColumnProps) {
  return (
    <section class="column" data-column={column} aria-label={name}>
      <h2>
        <span>{name}</span> <span class="number">{packages.length}</span>
      </h2>
      {packages.length > 0 && <Cards packages={packages} {...shared} />}
    </section>
  )
}

function Cards({ packages, moved, ...shared }: Shared & { readonly packages: readonly WorkPackage[] }) {
  return (
    <ul>
      {packages.map((workPackage) => (
        <Card
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

function NoPackages({ mission }: { readonly mission: MissionReply }) {
  const isGenesis = mission.work_packages.length > 0
  return (
    <Notice title={isGenesis ? 'No work package is planned yet' : 'No work packages yet'}>
      {isGenesis ? (
        <p>
          The packages of this mission stand before the board (genesis). They appear here once they are
          planned.
        </p>
      ) : (
        <>
          <p>
            A work package is a file with a front matter and a prompt. Make one, and it appears here by
            itself:
          </p>
          <pre class="command">
            {
              'tasks/WP01-first-step.md\n\n---\nwork_package_id: WP01\ntitle: First step\n---\n\nWhat is to be done …'
            }
          </pre>
        </>
      )}
    </Notice>
  )
}
