import { useState } from 'preact/hooks'
import type { DaemonEntry } from '../../api.js'
import { meaningOf, conditionOf, CONDITIONS } from '../daemon-words.js'
import { formatBytes, formatDuration } from '../format.js'
import { announce } from '../live/announce.js'
import { visible } from '../visible.js'

/** One daemon: its condition, its facts, and the command that deals with it. */
export function Daemon({ daemon }: { readonly daemon: DaemonEntry }) {
  const condition = conditionOf(daemon)
  const { name } = CONDITIONS[condition]
  const title = daemon.port === null ? 'No port' : `Port ${daemon.port}`
  return (
    <article
      class="daemon"
      data-standing={condition}
      data-class={daemon.cleanup_class}
      data-rule={daemon.rule}
      aria-label={`${title}: ${name}`}
    >
      <div class="daemon-what">
        <h3>
          <span class="standing">{name}</span> {title}
        </h3>
        <p>{meaningOf(daemon)}</p>
        <p class="verdict">
          <code>{daemon.cleanup_class}</code>
          {daemon.skip_reason !== null && <code>{visible(daemon.skip_reason)}</code>}
          <code title="The row of the decision table">{visible(daemon.rule)}</code>
        </p>
      </div>
      <Facts daemon={daemon} />
      {daemon.remedy !== null && <Remedy command={daemon.remedy} />}
    </article>
  )
}

function Facts({ daemon }: { readonly daemon: DaemonEntry }) {
  const { pid, package_version: version, uptime_seconds: uptime, memory_bytes: memory, scope } = daemon
  return (
    <dl class="daemon-facts">
      <Fact name="Process" value={pid === null ? null : String(pid)} />
      <Fact name="Version" value={version} />
      <Fact name="Uptime" value={uptime === null ? null : formatDuration(uptime)} />
      <Fact name="Memory" value={memory === null ? null : formatBytes(memory)} />
      <Fact name="Scope" value={scope} />
    </dl>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: string | null }) {
  return (
    <div data-fact={name.toLowerCase()}>
      <dt>{name}</dt>
      <dd>{value === null ? <span class="quiet">unknown</span> : <bdi>{visible(value)}</bdi>}</dd>
    </div>
  )
}

/**
 * A command whose lines break only between words: broken after the hyphens of an option, it would look like another
 * one.
 */
function Command({ command }: { readonly command: string }) {
  const words = visible(command).split(' ')
  return (
    <code class="command">
      {words.flatMap((word, at) => [at > 0 && ' ', <span class="word">{word}</span>])}
    </code>
  )
}

const COPIED_FOR_MS = 2000

/**
 * A command and a button that copies it. The browser may refuse to copy; the command can always be selected by hand.
 */
function Remedy({ command }: { readonly command: string }) {
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command)
    } catch {
      announce('The browser did not allow copying. Select the command instead.')
      return
    }
    announce('Copied.')
    setIsCopied(true)
    setTimeout(() => setIsCopied(false), COPIED_FOR_MS)
  }
  return (
    <div class="remedy">
      <Command command={command} />
      <button type="button" class="button is-small" onClick={() => void copy()}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  )
}
