import { useEffect, useState } from 'preact/hooks'
import { formatAgo } from '../format.js'

const TICK_MS = 30_000

/** A time as `5 min ago`, with the full time as its tooltip; it keeps itself up to date. */
export function Ago({ time }: { readonly time: string }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  const then = Date.parse(time)
  if (Number.isNaN(then)) return null
  return (
    <time dateTime={time} title={new Date(then).toLocaleString()}>
      {formatAgo(then, Math.max(now, then))}
    </time>
  )
}
