import type { StatusExtension } from 'familiar/cli'
import { WORDS } from '../daemons/user-words.js'
import { urlOf } from './urls.js'

/** Returns what `dashboard --status` shows in addition: the project and, if the dashboard runs, its URL. */
export function dashboardStatus(project: string): StatusExtension {
  return async ({ document, lines, state }) => {
    const { log, cli_version, uptime_seconds: _, ...head } = document
    const { port, pid, is_predecessor } = head
    const url = head.state === 'running' && port !== null ? urlOf(port) : null
    const theirs = is_predecessor ? `, ${WORDS.dashboard.predecessor}` : ''
    const text =
      url === null ? `${state}${theirs}` : `${url} (process ${pid ?? 'unknown'}, port ${port}${theirs})`
    const [[, , style, command] = []] = lines
    const shown = command === undefined ? text : `${text}:`
    return {
      document: { ...head, project, url, cli_version, log },
      lines: [
        ['dashboard', shown, style, command],
        ...lines.slice(1, -1),
        ['project', project],
        ...lines.slice(-1),
      ],
    }
  }
}
