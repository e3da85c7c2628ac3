import { useEffect, useState } from 'preact/hooks'

let say: (text: string) => void = () => {}

/** Makes screen readers say a sentence as soon as they are idle. */
export function announce(text: string): void {
  say(text)
}

/** The only live region of the page. It is never removed: a region that is inserted with its text is not read out. */
export function Announcer() {
  const [text, setText] = useState('')
  useEffect(() => {
    // Saying the same sentence again would not be a change: a no-break space at its end makes it one.
    say = (next) => setText((before) => (before === next ? `${next}\u00A0` : next))
  }, [])
  return (
    <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcements">
      {text}
    </p>
  )
}
