import type { ChangedEvent, GoneEvent, HelloEvent, WatchEvent } from '../../api.js'

/** Returns what has changed. If the data cannot be parsed, everything may have changed. */
export function parseChange(data: string): ChangedEvent {
  const missions: unknown = (parse(data) as Partial<ChangedEvent> | null)?.missions
  return { missions: Array.isArray(missions) ? missions.filter((id) => typeof id === 'string') : null }
}

/** Returns the identity of the dashboard; null for data that cannot be parsed. */
export function parseHello(data: string): HelloEvent | null {
  const hello = parse(data) as Partial<HelloEvent> | null
  return typeof hello?.project?.id === 'string' ? (hello as HelloEvent) : null
}

/** Returns why changes are not reported; null if they are, or for data that cannot be parsed. */
export function parseWatch(data: string): WatchEvent['blind'] {
  const blind = (parse(data) as Partial<WatchEvent> | null)?.blind
  return typeof blind?.since === 'string' && typeof blind.why === 'string' ? blind : null
}

/** Returns since when the project is gone; null if it is not, or for data that cannot be parsed. */
export function parseGone(data: string): GoneEvent['since'] {
  const since = (parse(data) as Partial<GoneEvent> | null)?.since
  return typeof since === 'string' ? since : null
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
