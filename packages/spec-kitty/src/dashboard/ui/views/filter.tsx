import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { announce } from '../live/announce.js'
import { visible } from '../show-invisible.js'

/** Where there is no room for the key that leads to the filter, and mostly no keyboard. */
const SMALL = '(max-width: 560px)'

interface TextFilterProps {
  /** The label of the field: `Find a mission`. */
  readonly name: string
  readonly text: string
  readonly choose: (text: string) => void
}

/** A field that filters by text. The key `/` moves the focus to it from anywhere in the view, and Escape empties it. */
export function TextFilter({ name, text, choose }: TextFilterProps) {
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      event.preventDefault()
      input.current?.focus()
    }
    addEventListener('keydown', focusOnSlash)
    return () => removeEventListener('keydown', focusOnSlash)
  }, [])
  return (
    <label class="filter">
      <span class="visually-hidden">{name}</span>
      <input
        ref={input}
        type="search"
        placeholder={matchMedia(SMALL).matches ? name : `${name}  ( / )`}
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => choose(event.currentTarget.value)}
      />
    </label>
  )
}

/** Returns whether a key belongs to an input field or to an open dialog, and so is not a shortcut of the view. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target
  return target instanceof Element && target.closest('input, select, textarea, dialog') !== null
}

interface SelectProps {
  readonly name: string
  readonly value: string
  readonly options: readonly { readonly value: string; readonly name: string }[]
  readonly choose: (value: string) => void
}

/** A choice of one option. A value in the URL that is not an option is shown as an option too, because it still filters. */
export function Select({ name, value, options, choose }: SelectProps) {
  const isKnown = options.some((option) => option.value === value)
  // Options are identified by number, because a value may contain deceptive characters.
  const shown = isKnown ? options : [...options, { value, name: value }]
  return (
    <label class="select">
      <span>{name}</span>
      <select
        value={shown.findIndex((option) => option.value === value)}
        onChange={(event) => choose(shown[event.currentTarget.selectedIndex]?.value ?? '')}
      >
        {shown.map((option, at) => (
          <option key={option.value} value={at}>
            {visible(option.name)}
          </option>
        ))}
      </select>
    </label>
  )
}

const SETTLED_MS = 600

/** Announces the result to screen readers when the reader has stopped typing, but not the initial result. */
export function useResult(words: string): void {
  const first = useRef(words)
  useEffect(() => {
    if (first.current === words) return undefined
    first.current = ''
    const timer = setTimeout(() => announce(words), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [words])
}
