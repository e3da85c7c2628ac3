import type { MissionReply } from '../../api.js'
import { replaceRoute } from '../location.js'
import { WHOLE_BOARD, type BoardChoice } from '../url-route.js'
import { Notice } from './notice.js'

/** Shown if nothing on the board matches the words or the agent that the reader chose. */
export function NoMatch({ mission, choice }: { readonly mission: string; readonly choice: BoardChoice }) {
  const all = { ...WHOLE_BOARD, as: choice.as, group: choice.group }
  return (
    <Notice title="No work package like this">
      <p>The words are searched in ids, titles, agents and phases.</p>
      <button
        type="button"
        class="button"
        onClick={() => replaceRoute({ view: 'board', mission, card: null, board: all })}
      >
        Show all work packages
      </button>
    </Notice>
  )
}

/** Shown if a mission has no packages, or only packages that are not on the board yet. */
export function NoPackages({ mission }: { readonly mission: MissionReply }) {
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
