import { useEffect, useState } from 'preact/hooks'
import { formatAgo, formatSince } from '../format.js'

const TICK_MS = 30_000

/** A single timer updates all times on the page. It is stopped while the page is hidden. */
const shown = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function tick() {
  for (const show of shown) show()
}

function beginOrEnd() {
  clearInterval(timer)
  timer = shown.size > 0 && !document.hidden ? setInterval(tick, TICK_MS) : undefined
}

function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const show = () => setNow(Date.now())
    shown.add(show)
    if (shown.size === 1) beginOrEnd()
    return () => {
      shown.delete(show)
      if (shown.size === 0) beginOrEnd()
    }
  }, [])
  return now
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) tick()
  beginOrEnd()
})

interface TimeProps {
  /** The time, ISO 8601. */
  readonly time: string
}

/** A time as `5 min ago`, with the full time as its tooltip. Updates itself. */
export function Ago({ time }: TimeProps) {
  const now = useNow()
  return <Time time={time} print={(then) => formatAgo(then, now)} />
}

/** How long something has lasted, as `for 12 min`, with the start time as its tooltip. */
export function Since({ time }: TimeProps) {
  const now = useNow()
  return <Time time={time} print={(then) => formatSince(then, now)} />
}

function Time({ time, print }: TimeProps & { readonly print: (then: number) => string }) {
  const then = Date.parse(time)
  if (Number.isNaN(then)) return null
  return (
    <time dateTime={time} title={new Date(then).toLocaleString()}>
      {print(then)}
    </time>
  )
}
