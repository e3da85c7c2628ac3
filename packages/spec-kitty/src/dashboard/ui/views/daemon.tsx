import type { DaemonEntry } from '../../api.js'
import { conditionOf, CONDITIONS, meaningOf, projectOf } from '../daemon-conditions.js'
import { formatBytes, formatDuration } from '../format.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy } from './copy.js'

/** One daemon: its condition, its facts, and the command for it. */
export function Daemon({ daemon }: { readonly daemon: DaemonEntry }) {
  const condition = conditionOf(daemon)
  const { name } = CONDITIONS[condition]
  const title = daemon.port === null ? 'No port' : `Port ${daemon.port}`
  const project = daemon.family === 'dashboard' ? projectOf(daemon) : null
  return (
    <article
      class="daemon"
      data-standing={condition}
      data-class={daemon.cleanup_class}
      data-rule={daemon.rule}
      aria-label={`${title}: ${name}${project === null ? '' : `, ${visible(project)}`}`}
    >
      <div class="daemon-what">
        <h3>
          <span class="standing">{name}</span> {project !== null && <bdi>{visible(project)}</bdi>}{' '}
          <span class={project === null ? undefined : 'quiet'}>{title}</span>
        </h3>
        <p>
          {meaningOf(daemon)}
          {daemon.is_self && ' You are looking at it.'}
        </p>
        <div class="daemon-more">
          <Link daemon={daemon} />
          <Rule daemon={daemon} />
        </div>
      </div>
      <Facts daemon={daemon} />
      {daemon.remedy !== null && <CommandToCopy command={daemon.remedy} />}
    </article>
  )
}

/** A link to another project's dashboard. The server sends its URL only if it is proven to be a dashboard. */
function Link({ daemon: { is_self: isSelf, url } }: { readonly daemon: DaemonEntry }) {
  if (isSelf || url === null || !/^http:\/\/(?:127\.0\.0\.1|localhost):\d+\/$/.test(url)) return null
  return (
    <p>
      <a href={url} target="_blank" rel="noopener noreferrer">
        Open its dashboard
      </a>
    </p>
  )
}

/** The reason for the daemon's class: one sentence, and the codes that logs and JSON use. */
function Rule({ daemon }: { readonly daemon: DaemonEntry }) {
  return (
    <details class="rule">
      <summary>Why?</summary>
      <p>{visible(daemon.explanation)}</p>
      <dl class="verdict">
        <dt>Class</dt>
        <dd>
          <code>{daemon.cleanup_class}</code>
        </dd>
        {daemon.skip_reason !== null && (
          <>
            <dt>Reason</dt>
            <dd>
              <code>{visible(daemon.skip_reason)}</code>
            </dd>
          </>
        )}
        <dt>Rule</dt>
        <dd>
          <code>{visible(daemon.rule)}</code>
        </dd>
      </dl>
    </details>
  )
}

function Facts({ daemon }: { readonly daemon: DaemonEntry }) {
  const { pid, package_version: version, uptime_seconds: uptime, memory_bytes: memory } = daemon
  return (
    <dl class="daemon-facts">
      <Fact name="Process" value={pid === null ? null : String(pid)} />
      <Fact name="Version" value={version} />
      <Fact name="Uptime" value={uptime === null ? null : formatDuration(uptime)} />
      <Fact name="Memory" value={memory === null ? null : formatBytes(memory)} />
      <Fact name={daemon.family === 'dashboard' ? 'Project' : 'Home'} value={daemon.scope} isPath />
    </dl>
  )
}

interface FactProps {
  readonly name: string
  readonly value: string | null
  readonly isPath?: boolean
}

function Fact({ name, value, isPath = false }: FactProps) {
  return (
    <div data-fact={name.toLowerCase()} class={isPath ? 'is-path' : undefined}>
      <dt>{name}</dt>
      <dd>{value === null ? <span class="quiet">unknown</span> : <bdi>{visible(value)}</bdi>}</dd>
    </div>
  )
}
