import { useEffect } from 'preact/hooks'
import type { Met } from '../live/which-project.js'
import { visible } from '../show-invisible.js'
import { setTitle } from '../tab-title.js'
import { Notice } from './notice.js'

interface StoppedProps {
  readonly met: Met | null
  /** The path of this page's project, if a reply named it. */
  readonly path: string | null
}

/** Shown instead of every view once another project's dashboard has answered. No further data is read. */
export function Stopped({ met, path }: StoppedProps) {
  const ours = met?.ours?.path ?? path
  const theirs = met?.theirs ?? null
  useEffect(() => setTitle('Stopped · spec-kitty dashboard'), [])
  return (
    <Notice title="This address now belongs to another project" isPage>
      <p role="alert">
        This tab has stopped. It showed{' '}
        {ours === null ? 'another project' : <bdi class="path">{visible(ours)}</bdi>}; the dashboard that
        answers here now is that of{' '}
        {theirs === null ? 'another one' : <bdi class="path">{visible(theirs.path)}</bdi>}.
      </p>
      <p>
        Run <code class="command">spec-kitty dashboard</code> in the project to find its dashboard, or look at
        the one that is here now:
      </p>
      <button type="button" class="button" onClick={openTheirs}>
        <span>Open {theirs === null ? 'it' : <bdi>{visible(theirs.name)}</bdi>} in this tab</span>
      </button>
    </Notice>
  )
}

/** Opens the start page of the other project, because the address of a view in one project means nothing in another. */
function openTheirs() {
  history.replaceState(null, '', '#/missions')
  location.reload()
}
