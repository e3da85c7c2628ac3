import { useRef } from 'preact/hooks'
import type { MissionReply, WorkPackage } from '../../api.js'
import { COLUMNS, inColumn, type ColumnName } from '../columns.js'
import { moveBetweenCards } from './arrows.js'
import { Card } from './card.js'
import { Notice } from './notice.js'

/** The work packages of a mission in five columns. */
export function Board({ mission }: { readonly mission: MissionReply }) {
  const onBoard = mission.work_packages.filter(({ column }) => column !== null)
  const moved = useMoved(mission.work_packages)
  const done = new Set(onBoard.filter(({ lane }) => lane === 'done').map(({ id }) => id))
  if (onBoard.length === 0) return <NoPackages mission={mission} />
  return (
    <div class="board" onKeyDown={moveBetweenCards}>
      {COLUMNS.map((column) => (
        <Column
          key={column.column}
          column={column}
          packages={inColumn(onBoard, column.column)}
          mission={mission.id}
          done={done}
          moved={moved}
        />
      ))}
    </div>
  )
}

interface ColumnProps {
  readonly column: ColumnName
  readonly packages: readonly WorkPackage[]
  readonly mission: string
  readonly done: ReadonlySet<string>
  readonly moved: ReadonlySet<string>
}

function Column({ column: { column, name }, packages, mission, done, moved }: ColumnProps) {
  return (
    <section class="column" data-column={column} aria-label={name}>
      <h2>
        <span>{name}</span> <span class="number">{packages.length}</span>
      </h2>
      {packages.length > 0 && (
        <ul>
          {packages.map((workPackage) => (
            <Card
              key={workPackage.id}
              workPackage={workPackage}
              mission={mission}
              done={done}
              hasMoved={moved.has(workPackage.id)}
            />
          ))}
        </ul>
      )}
    </section>
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
