import type { AgentProcess } from '../../api.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy } from './copy.js'

interface LeftWorkProps {
  readonly process: AgentProcess | null
  readonly worktree: string | null
  readonly command: string | null
}

/**
 * What a reader can do about a package whose process is not running here: look at the process, look at the work, resume
 * it. The page itself does none of this.
 */
export function LeftWork({ process, worktree, command }: LeftWorkProps) {
  const pid = process?.pid ?? null
  return (
    <ol class="left-work">
      {pid !== null && (
        <li>
          <p>
            See what has its number now on this machine, and look for the agent where else it may run: another
            machine, a container.
          </p>
          <CommandToCopy command={lookAt(pid)} />
        </li>
      )}
      {worktree !== null && (
        <li>
          <p>
            Look at what it left. Its last event is in the worktree{' '}
            <bdi class="path">{visible(worktree)}</bdi>.
          </p>
          <CommandToCopy command={`git -C ${quoted(`.worktrees/${worktree}`)} status`} />
        </li>
      )}
      {command !== null && (
        <li>
          <p>If it has ended, have the work taken up again.</p>
          <CommandToCopy command={command} />
        </li>
      )}
    </ol>
  )
}

/** Uses the browser's operating system, because the browser usually runs on the same machine as the dashboard. */
function lookAt(pid: number): string {
  return navigator.userAgent.includes('Windows')
    ? `Get-Process -Id ${pid} | Format-List Id, StartTime, Path`
    : `ps -o pid,lstart,command -p ${pid}`
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
