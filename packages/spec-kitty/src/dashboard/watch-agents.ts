import type { AgentProcess, MissionReply } from './api.js'
import { judge, pidToLookAt, type LookAtProcesses } from './project/judge-agents.js'

/** How often the processes are checked. The end of a process is noticed within this time. */
const LOOK_MS = 2_000

/**
 * The pause after a check, as a multiple of its duration: a check that starts a system tool takes long, and checks should
 * take at most a twentieth of a core.
 */
const LOOK_PAUSES = 20

/** Checks the processes of the missions that pages show, for as long as there are pages. */
export interface Living {
  /** Remembers the data about the processes of a mission that was sent to a page. */
  readonly note: (mission: MissionReply) => void
  readonly begin: () => void
  /** Stops checking, and forgets the data that was sent to pages. */
  readonly end: () => void
}

interface Told {
  readonly mission: MissionReply
  /** The processes that may end. */
  readonly processes: readonly AgentProcess[]
}

/**
 * Checks every two seconds whether the data about processes that was sent to pages is still true, and calls `onChange`
 * with the missions for which it is not. Checks only pids that were sent to pages.
 */
export function watchLiving(look: LookAtProcesses, onChange: (missions: readonly string[]) => void): Living {
  const told = new Map<string, Told>()
  let timer: NodeJS.Timeout | null = null
  let isOn = false

  const schedule = (afterMs: number): void => {
    if (isOn) timer ??= setTimeout(() => void lookAgain(), afterMs).unref()
  }
  const lookAgain = async (): Promise<void> => {
    const began = performance.now()
    await tell().catch(() => undefined)
    timer = null
    schedule(Math.max(LOOK_MS, LOOK_PAUSES * (performance.now() - began)))
  }
  const tell = async (): Promise<void> => {
    const noted = [...told]
    const pids = noted.flatMap(([, { processes }]) =>
      processes.flatMap((process) => pidToLookAt(process) ?? []),
    )
    if (pids.length === 0) return
    const starts = await look(pids)
    const changed = noted.filter(([, { processes }]) =>
      processes.some((process) => judge(process, starts).liveness !== process.liveness),
    )
    if (isOn && changed.length > 0) onChange(changed.map(([id]) => id))
  }
  return {
    note(mission) {
      const { id, work_packages, counts, lanes } = mission
      if (told.get(id)?.mission === mission) return
      const isAtWork = counts.doing > 0 || lanes.in_review !== undefined
      const processes = (isAtWork ? work_packages : []).flatMap(({ process }) =>
        pidToLookAt(process) === null || process === null ? [] : [process],
      )
      if (!isOn || processes.length === 0) told.delete(id)
      else told.set(id, { mission, processes })
    },
    begin() {
      isOn = true
      schedule(LOOK_MS)
    },
    end() {
      isOn = false
      told.clear()
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
