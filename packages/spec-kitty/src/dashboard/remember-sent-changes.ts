/** The maximum number of changes that are remembered. A page that has missed more reads everything. */
const MAX_REMEMBERED = 200

export interface Told {
  /** Adds a change that is sent to pages (null: anything may have changed), and returns its id. */
  add(missions: readonly string[] | null): string
  /** Returns the id of the last change. */
  lastId(): string
  /** Returns the missions that changed after this id; null if that is unknown, or if anything may have changed. */
  since(id: string): readonly string[] | null
  /** Forgets everything, because changes may be missed from now on. */
  forget(): void
}

/**
 * Remembers the changes that were sent to pages, so that a window that takes over the event stream from another one
 * receives exactly the changes in between. `run` identifies this run of the dashboard; ids of other runs are not
 * recognised.
 */
export function rememberTold(run: string): Told {
  let number = 0
  let told: { readonly number: number; readonly missions: readonly string[] | null }[] = []
  let oldest = 0
  const idOf = (at: number): string => `${run}.${at}`
  return {
    add: (missions) => {
      number += 1
      told.push({ number, missions })
      if (told.length > MAX_REMEMBERED) oldest = told.shift()?.number ?? oldest
      return idOf(number)
    },
    lastId: () => idOf(number),
    since: (id) => {
      const at = Number(id.slice(run.length + 1))
      const isKnown = id === idOf(at) && Number.isInteger(at) && at >= oldest && at <= number
      if (!isKnown) return null
      const missed = told.filter((one) => one.number > at).map(({ missions }) => missions)
      return missed.includes(null) ? null : [...new Set(missed.flatMap((missions) => missions ?? []))]
    },
    forget: () => {
      number += 1
      oldest = number
      told = []
    },
  }
}
