import { useEffect, useState } from 'preact/hooks'

let say: (text: string) => void = () => {}

/** Has screen readers say a sentence when they have nothing else to say. */
export function announce(text: string): void {
  say(text)
}

/** The one live region of the page. It is never removed: a region that comes with its text is not read out. */
export function Announcer() {
  const [text, setText] = useState('')
  useEffect(() => {
    // The same sentence twice would be no change: an invisible mark makes it one.
    say = (next) => setText((before) => (before === next ? `${next}\u00A0` : next))
  }, [])
  return (
    <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcements">
      {text}
    </p>
  )
}
