/** The longest time to wait at once, because a timer of more than 24 days fires immediately. */
const LONGEST_MS = 24 * 60 * 60_000

/** Waits for the times at which missions change although no file does, for as long as there are pages. */
export interface Passing {
  /** Remembers when a mission that was sent to a page changes, in milliseconds since 1970; null if it does not. */
  readonly note: (mission: string, changesAt: number | null) => void
  readonly begin: () => void
  /** Stops waiting, and forgets the missions. */
  readonly end: () => void
}

/** Calls `onChange` with the missions whose time has come. One timer waits for the first of them. */
export function watchPassing(onChange: (missions: readonly string[]) => void): Passing {
  const times = new Map<string, number>()
  let timer: NodeJS.Timeout | null = null
  let isOn = false

  const schedule = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (times.size === 0) return
    const first = [...times.values()].reduce((one, other) => Math.min(one, other))
    timer = setTimeout(tell, Math.min(Math.max(0, first - Date.now()), LONGEST_MS)).unref()
  }
  const tell = (): void => {
    const now = Date.now()
    const come = [...times].filter(([, time]) => time <= now).map(([id]) => id)
    for (const id of come) times.delete(id)
    schedule()
    if (come.length > 0) onChange(come)
  }
  return {
    note(mission, changesAt) {
      const isNoted = changesAt !== null && isOn
      if (times.get(mission) === (isNoted ? changesAt : undefined)) return
      if (isNoted) times.set(mission, changesAt)
      else times.delete(mission)
      schedule()
    },
    begin: () => {
      isOn = true
    },
    end() {
      isOn = false
      times.clear()
      schedule()
    },
  }
}
