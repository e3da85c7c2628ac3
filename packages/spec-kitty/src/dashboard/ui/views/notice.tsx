import type { ComponentChildren } from 'preact'
import type { Problem } from '../../api.js'
import { formatCount } from '../format.js'
import { useContact } from '../live/live-events.js'
import type { Failure } from '../live/use-reply.js'
import { visible } from '../show-invisible.js'

interface NoticeProps {
  readonly title: string
  /** True if the notice is the whole view: its title is then the `h1`. */
  readonly isPage?: boolean
  readonly children?: ComponentChildren
}

/** Shown where there is no content: says why, and what the reader can do about it. */
export function Notice({ title, isPage = false, children }: NoticeProps) {
  const Title = isPage ? 'h1' : 'h2'
  return (
    <div class="notice">
      <Title>{title}</Title>
      <div>{children}</div>
    </div>
  )
}

/** Placeholder for a view that is being read for the first time. It appears after a delay, so that it does not flash. */
export function Loading() {
  const { isSlow } = useContact()
  return (
    <div class="loading" aria-busy="true">
      {isSlow ? (
        <p role="status">Waiting for an answer from the dashboard …</p>
      ) : (
        <span class="visually-hidden">Reading …</span>
      )}
      <span class="bone" />
      <span class="bone" />
      <span class="bone" />
    </div>
  )
}

interface FailedProps {
  readonly failure: Failure
  /** What could not be read, for example `The mission`. */
  readonly what: string
  readonly read: () => void
}

/** Says that something could not be read, and why. It disappears when the server answers again. */
export function Failed({ failure, what, read }: FailedProps) {
  return (
    <div class="notice is-failure" role="alert">
      <h2>{what} could not be read</h2>
      <div>
        <p>{reason(failure)}</p>
        <button type="button" class="button" onClick={read}>
          Try again
        </button>
      </div>
    </div>
  )
}

/**
 * Shows that the data on the page could not be updated. (If the dashboard does not answer at all, or its project is gone, a
 * banner in the header says so instead.)
 */
export function Stale({ failure }: { readonly failure: Failure | null }) {
  const { connection, goneSince } = useContact()
  if (
    failure === null ||
    goneSince !== null ||
    (failure.status === null && connection !== 'open' && connection !== 'crowded')
  )
    return null
  return (
    <p class="stale" role="alert">
      What you see may be out of date. {reason(failure)}
    </p>
  )
}

/** Says in a dialog that the dashboard does not answer, because the banner of the page is hidden behind the dialog. */
export function NoContact() {
  const { connection, goneSince } = useContact()
  if (connection !== 'lost' && goneSince === null) return null
  return <p class="panel-contact">No contact: what you see may be out of date.</p>
}

function reason({ status }: Failure): string {
  if (status === null) return 'The dashboard does not answer this. It is read again as soon as it does.'
  if (status === 410) return 'The directory of the project was moved, removed or replaced.'
  return `The dashboard answered with the HTTP status ${status}. Its log says more.`
}

/** A longer list is collapsed at first, so that it does not push the view itself off the screen. */
const OPEN_UP_TO = 5

/** How many packages are named before the rest is only counted. */
const MAX_NAMED = 8

/** Returns which lanes are in doubt because of a problem, as the end of its sentence. */
export function doubtWords({ in_doubt: ids = [] }: Problem): string {
  if (ids.length === 0) return ''
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : ''
  return `; in doubt: the lane of ${ids.slice(0, MAX_NAMED).join(', ')}${more}`
}

/** Lists malformed and unreadable files. They are never repaired, because they are the author's. */
export function Problems({ problems }: { readonly problems: readonly Problem[] }) {
  if (problems.length === 0) return null
  return (
    <section class="problems" aria-label="Problems">
      <details open={problems.length <= OPEN_UP_TO}>
        <summary>{formatCount(problems.length, 'problem')}</summary>
        <ul>
          {problems.map((problem) => (
            <li key={`${problem.path}\n${problem.what}`}>
              <bdi class="path">{visible(problem.path)}</bdi>{' '}
              <span>
                {visible(problem.what)}
                {visible(doubtWords(problem))}
              </span>
            </li>
          ))}
        </ul>
        <p class="quiet">
          These files are left exactly as they are. Once they are corrected, this goes away.
        </p>
      </details>
    </section>
  )
}
