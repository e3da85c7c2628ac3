import { useState } from 'preact/hooks'
import { announce } from '../live/announce.js'
import { visible } from '../show-invisible.js'

const COPIED_FOR_MS = 2000

interface CopyProps {
  readonly text: string
  /** The text of the button, by default `Copy`. */
  readonly name?: string
  /** What is copied, for screen readers, if the name does not say it. */
  readonly label?: string
}

/** A button that copies a text. If the browser refuses, that is said: the text can always be selected by hand. */
export function Copy({ text, name = 'Copy', label }: CopyProps) {
  const [result, setResult] = useState<string | null>(null)
  const say = (next: string, words: string) => {
    announce(words)
    setResult(next)
    setTimeout(() => setResult(null), COPIED_FOR_MS)
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      say('Copied', 'Copied.')
    } catch {
      say('Not allowed', 'The browser did not allow copying. Select the text instead.')
    }
  }
  return (
    <button
      type="button"
      class="button is-small"
      aria-label={result === null ? label : undefined}
      onClick={() => void copy()}
    >
      {result ?? name}
    </button>
  )
}

/**
 * A command whose lines break only between words: broken after the hyphens of an option, it would look like another
 * one.
 */
export function Command({ command }: { readonly command: string }) {
  const words = visible(command).split(' ')
  return (
    <code class="command">
      {words.flatMap((word, at) => [at > 0 && ' ', <span class="word">{word}</span>])}
    </code>
  )
}

/** A command and a button that copies it. */
export function CommandToCopy({ command }: { readonly command: string }) {
  return (
    <div class="remedy">
      <Command command={command} />
      <Copy text={command} label="Copy the command" />
    </div>
  )
}
