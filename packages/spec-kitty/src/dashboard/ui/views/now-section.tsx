import { createContext, toChildArray, type ComponentChildren } from 'preact'
import { useContext } from 'preact/hooks'
import { replaceRoute } from '../location.js'

/** The ids of the sections that are shown completely. */
export const ShownWhole = createContext<readonly string[]>([])

interface SectionProps {
  readonly name: string
  readonly count: number
  readonly shown: number
  /** The sentence for an empty list. If omitted, an empty section is left out. */
  readonly empty?: string
  readonly children: ComponentChildren
}

/** How many rows of a section are shown at first, so that the next sections stay near. */
const SHOWN_AT_FIRST = 8

/** One list of the view Now with its heading: the first rows, or all of them if the reader asks for them. */
export function Section({ name, count, shown, empty, children }: SectionProps) {
  const whole = useContext(ShownWhole)
  if (count === 0 && empty === undefined) return null
  const id = idOf(name)
  const isWhole = whole.includes(id)
  const rows = toChildArray(children)
  const isLong = rows.length > SHOWN_AT_FIRST + 1
  const others = whole.filter((other) => other !== id)
  const toggle = () => replaceRoute({ view: 'now', all: (isWhole ? others : [...others, id]).join(',') })
  return (
    <section class="now-section" aria-label={name}>
      <h2 id={id} tabIndex={-1}>
        {name} <span class="number">{count}</span>
      </h2>
      {count === 0 ? (
        <p class="quiet">{empty}</p>
      ) : (
        <ul>{isLong && !isWhole ? rows.slice(0, SHOWN_AT_FIRST) : rows}</ul>
      )}
      {isLong && (
        <button type="button" class="button is-small" aria-expanded={isWhole} onClick={toggle}>
          {isWhole ? `Show the first ${SHOWN_AT_FIRST}` : `Show all ${rows.length}`}
          <span class="visually-hidden"> in {name}</span>
        </button>
      )}
      {shown < count && (isWhole || !isLong) && <p class="quiet">{count - shown} more are not shown here.</p>}
    </section>
  )
}

function idOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}

interface JumpsProps {
  /** A summary of the lists in one line. */
  readonly words: string
  readonly counts: readonly (readonly [name: string, count: number])[]
}

/** Summarises the lists. If they do not fit on a screen, the summary consists of buttons that lead to the sections. */
export function Jumps({ words, counts }: JumpsProps) {
  const there = counts.filter(([, count]) => count > 0)
  if (there.length < 2 || there.every(([, count]) => count <= SHOWN_AT_FIRST))
    return <p class="lead">{words}</p>
  return (
    <nav class="jumps" aria-label="Sections">
      {there.map(([name, count]) => (
        <button key={name} type="button" class="button is-small" onClick={() => jumpTo(idOf(name))}>
          {name} <span class="number">{count}</span>
        </button>
      ))}
    </nav>
  )
}

function jumpTo(id: string): void {
  const heading = document.getElementById(id)
  heading?.focus({ preventScroll: true })
  heading?.scrollIntoView()
}
