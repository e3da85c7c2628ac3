import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { announce } from '../live/announce.js'
import { visible } from '../show-invisible.js'

const COPIED_FOR_MS = 2000

interface CopyProps {
  readonly text: string
  /** The text of the button; `Copy` by default. */
  readonly name?: string
  /** What is copied, for screen readers, if the name does not say it. */
  readonly label?: string
  /** What the button says when it has copied the text; `Copied` by default. */
  readonly copied?: string
}

/** A button that copies a text. If the browser refuses, the text appears, already selected, to be copied by hand. */
export function Copy({ text, name = 'Copy', label, copied = 'Copied' }: CopyProps) {
  const [isCopied, setCopied] = useState(false)
  const [isRefused, setRefused] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      announce(`${copied}.`)
      setCopied(true)
      setTimeout(() => setCopied(false), COPIED_FOR_MS)
    } catch {
      setRefused(true)
    }
  }
  return (
    <span class="copy">
      <button
        type="button"
        class="button is-small"
        aria-label={isCopied ? undefined : label}
        title={isCopied ? undefined : label}
        onClick={() => void copy()}
      >
        {isCopied ? copied : name}
      </button>
      {isRefused && <ByHand text={text} close={() => setRefused(false)} />}
    </span>
  )
}

const COPY_KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? 'Command C' : 'Ctrl C'

/** Shows a text, already selected, until it loses the focus. */
function ByHand({ text, close }: { readonly text: string; readonly close: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const from = document.activeElement
    const text = field.current
    text?.select()
    return () => {
      if (document.activeElement === text && from instanceof HTMLElement) from.focus()
    }
  }, [])
  return (
    <label class="by-hand">
      The browser did not allow copying. Press {COPY_KEYS}.
      <textarea
        ref={field}
        readOnly
        rows={2}
        value={text}
        onBlur={close}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          // Otherwise Escape would also close the dialog around it.
          event.preventDefault()
          event.stopPropagation()
          close()
        }}
      />
    </label>
  )
}

/**
 * A command whose lines break only between words. If one broke after the hyphens of an option, it would look like another
 * command.
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
