export interface Candidacy {
  /** Makes this window lead as soon as no other window does. */
  stand(): void
  /** Makes this window lead now, even if another window leads, because a window that hangs never releases its lock. */
  takeOver(): void
  /** Makes this window stop leading, or stop waiting to lead. */
  withdraw(): void
  isStanding(): boolean
}

/**
 * Chooses one of all windows by a Web Lock of this name. When the chosen window closes, crashes or withdraws, another one
 * is chosen within milliseconds. `lead` is called in the chosen window, and `resign` when it is no longer chosen.
 */
export function createCandidacy(name: string, lead: () => void, resign: () => void): Candidacy {
  let current: AbortController | null = null
  let end: (() => void) | null = null

  const request = (mine: AbortController, options: LockOptions) => {
    const held = () =>
      new Promise<void>((resolve) => {
        if (current !== mine) return resolve()
        end = resolve
        lead()
      })
    void navigator.locks.request(name, options, held).catch(() => {
      // This window has withdrawn, or another window has taken over.
      if (current !== mine) return
      resign()
      stand()
    })
  }
  const stand = () => {
    current = new AbortController()
    request(current, { signal: current.signal })
  }
  const leave = () => {
    const left = current
    current = null
    left?.abort()
    end?.()
    end = null
  }
  return {
    stand,
    takeOver: () => {
      leave()
      current = new AbortController()
      request(current, { steal: true })
    },
    withdraw: () => {
      leave()
      resign()
    },
    isStanding: () => current !== null,
  }
}
