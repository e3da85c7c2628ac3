import { useState } from 'preact/hooks'
import { beginNotifying, notifying, stopNotifying } from '../notify.js'
import { LIVENESS } from '../now-words.js'
import { Notice } from './notice.js'

/** Explains the words of the page at its end, for readers who do not know them. */
export function Meanings() {
  return (
    <details class="meanings">
      <summary>What do Running, Not running here and Unknown mean?</summary>
      <dl>
        {Object.values(LIVENESS).map(({ name, meaning }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
        <div>
          <dt>Stalled</dt>
          <dd>
            In Doing, but its process is not running here. Look whether it runs elsewhere before you start it
            again.
          </dd>
        </div>
      </dl>
    </details>
  )
}

/** Turns notifications about waiting packages on and off, if the browser supports them. */
export function NotifyButton() {
  const [state, setState] = useState(notifying)
  if (state === 'impossible') return null
  if (state === 'refused') return <p class="quiet">This browser refuses notifications from this page.</p>
  const isOn = state === 'on'
  return (
    <button
      type="button"
      class="button"
      aria-pressed={isOn}
      onClick={() => (isOn ? setState(stopNotifying()) : void beginNotifying().then(setState))}
    >
      {isOn ? 'Notifying' : 'Notify me'}
      <span class="visually-hidden"> when something waits for me</span>
    </button>
  )
}

/** Shown if there is nothing to list. */
export function Quiet() {
  return (
    <Notice title="Nothing is in work, and nothing waits for you">
      <p>As soon as an agent claims a work package, or one needs your review, it is listed here.</p>
      <p>
        <a href="#/missions">See all missions</a>
      </p>
    </Notice>
  )
}
