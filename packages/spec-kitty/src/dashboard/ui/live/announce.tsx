import { useEffect, useState } from 'preact/hooks'

/**
 * Sentences within this time are announced together, because a later one would replace an earlier one that was not read
 * out yet.
 */
const TOGETHER_MS = 1_000

let say: (text: string) => void = () => {}

/** Makes screen readers say a sentence as soon as they are idle. */
export function announce(text: string): void {
  say(text)
}

/**
 * The only live region of the page. It is never removed, because a region that is inserted together with its text is not
 * read out.
 */
export function Announcer() {
  const [text, setText] = useState('')
  useEffect(() => {
    let saidAt = -Infinity
    say = (next) => {
      const isSoon = performance.now() - saidAt < TOGETHER_MS
      saidAt = performance.now()
      // Setting the same sentence again would not be a change, so a no-break space is added to its end.
      setText((before) => (before === next ? `${next}\u00A0` : isSoon ? `${before} ${next}` : next))
    }
  }, [])
  return (
    <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcements">
      {text}
    </p>
  )
}
