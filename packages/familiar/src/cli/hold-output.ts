import { setImmediate as nextTurn } from 'node:timers/promises'

/** What a command prints, held back until a Ctrl+C that came before it is known. */
export interface HeldOutput {
  /** Writes now, or when the first output is let go. */
  readonly write: (write: () => void) => void
  /** Writes what is held, and holds nothing any more. */
  readonly release: () => void
  /** Forgets what is held, and holds nothing any more. */
  readonly drop: () => void
  /** Resolves when nothing is held. */
  readonly released: () => Promise<void>
}

/** The event loop learns of a signal only when it waits for events, which is at the latest between these two turns. */
const TURNS = 2

/**
 * Holds back the first output of a command, for two turns of the event loop. A scan and most reads are synchronous, so a
 * Ctrl+C during them is known only after the turn that prints the result.
 */
export function holdOutput(): HeldOutput {
  let held: (() => void)[] | null = []
  let turns: Promise<void> | null = null
  const release = (): void => {
    const writes = held ?? []
    held = null
    for (const write of writes) write()
  }
  const letGo = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) await nextTurn()
    release()
  }
  return {
    write: (write) => {
      if (held === null) return write()
      held.push(write)
      turns ??= letGo()
    },
    release,
    drop: () => void (held = null),
    released: async () => turns ?? undefined,
  }
}
