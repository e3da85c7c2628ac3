import type { ComponentChildren } from 'preact'
import { useEffect, useErrorBoundary } from 'preact/hooks'
import { visible } from '../show-invisible.js'

interface RawText {
  /** The URL of the data. */
  readonly url: string
  readonly text: string
}

interface GuardProps {
  /** The name of the part that may fail to be rendered: `This view`. */
  readonly what: string
  /** The data that the view shows. If it changes after a failure, rendering is tried again. */
  readonly of?: unknown
  /** Returns the text to show instead. */
  readonly raw: () => readonly RawText[]
  readonly children: ComponentChildren
}

/** Shows its content. If that cannot be rendered, shows the error and the raw data instead of a blank page. */
export function Guard({ what, of, raw, children }: GuardProps) {
  const [error, reset] = useErrorBoundary((failure: unknown) => reportError(failure))
  useEffect(() => {
    if (error !== undefined) reset()
  }, [of])
  if (error === undefined) return <>{children}</>
  return (
    <div class="fault">
      <div class="notice is-failure" role="alert">
        <h2>{what} could not be rendered</h2>
        <div>
          <p>
            This is a mistake in the dashboard: <code>{visible(String(error))}</code>. The text that it should
            show is below, as it is.
          </p>
          <button type="button" class="button" onClick={reset}>
            Try again
          </button>
        </div>
      </div>
      {raw().map(({ url, text }) => (
        <section key={url} aria-label={visible(url)}>
          <h3>
            <bdi class="path">{visible(url)}</bdi>
          </h3>
          <pre class="plain" tabIndex={0} role="group" aria-label={visible(url)} data-testid="raw">
            {visible(text)}
          </pre>
        </section>
      ))}
    </div>
  )
}
