import { watchDirectories, type OnSight, type Wanted } from './directory-watches.js'
import { statesOfOthers } from './other-copies.js'
import { placesOfMission, placesOfProject, type ProjectPlaces } from './what-to-watch.js'
import type { LocatedEntry } from './locate.js'
import { isMadeFor, type Worktree } from './worktrees.js'

/**
 * How long changes are collected before they are reported. An editor makes several changes when it saves, and a page
 * needs at most ten events per second.
 */
const COLLECT_MS = 100

/**
 * How often the paths to watch are found again at once, if directories change meanwhile. The second time is usually the
 * last, because it finds the watches in place. After this, the paths are found again with the next changes.
 */
const ROUNDS = 3

/** The time between two looks at the logs that are read but not watched. */
const LOOK_MS = 2_000
/** The same, as a multiple of the duration of the last look, so that looking takes at most a fiftieth of a core. */
const LOOK_PAUSES = 50

/** The owner of the watches that do not belong to a mission; no mission has this id. */
const LIST = ''

export interface ProjectWatch {
  /** Returns whether all changes of a mission (null: of the list) that were noticed were also passed to `onChange`. */
  isSettled(mission: string | null): boolean
  close(): void
}

export interface WatchListeners {
  /**
   * Called at most about every 100 ms with the missions that may have changed; null means that any may have, and the list
   * too.
   */
  readonly onChange: (missions: readonly string[] | null) => void
  /** Called when the system no longer reports all changes, and when it does again. */
  readonly onSight?: OnSight
  /** Resolves when there is time to set up the watches, which keeps this thread busy. If omitted, at once. */
  readonly whenIdle?: () => Promise<void>
}

/**
 * Watches a project. The first call of `onChange` has null and comes as soon as everything is watched. While nothing
 * changes, no timer runs, except to poll changes that the system does not report. Never throws because of the project's
 * contents.
 *
 * Every directory has its own watch. On Linux, the recursive watch of Node 20 consists of such watches too, but has one
 * for every file, and sets them up with blocking calls for everything below the project.
 */
export function watchProject(
  directory: string,
  { onChange, onSight, whenIdle }: WatchListeners,
): ProjectWatch {
  let places: ProjectPlaces = { missions: new Map(), worktrees: [], wanted: [] }
  let changed = new Set<string>([LIST])
  let others: ReadonlyMap<string, string> = new Map()
  let timer: NodeJS.Timeout | null = null
  let looking: NodeJS.Timeout | null = null
  let isTelling = false
  let isClosed = false
  /** The changes that were not passed to `onChange` yet. */
  let telling: ReadonlySet<string> = new Set()

  const watches = watchDirectories((owner, name) => {
    changed.add(owner)
    if (owner === LIST && name !== null) changed.add(name)
    schedule(COLLECT_MS)
  }, onSight)
  const schedule = (afterMs: number): void => {
    if (!isClosed && !isTelling) timer ??= setTimeout(() => void tell(), afterMs)
  }
  /** Watches the paths that `find` returns. They are found again as long as one may have changed before it was watched. */
  const keep = async (owner: string, find: () => Promise<readonly Wanted[]>): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const wanted = await find()
      if (isClosed || watches.keep(owner, wanted)) return
    }
    changed.add(owner)
  }
  const keepList = async (told: Set<string>): Promise<void> => {
    const before = places
    await keep(LIST, async () => (places = await placesOfProject(directory)).wanted)
    if (isClosed) return
    for (const [id, directory] of places.missions) {
      if (!isSame(before.missions.get(id), directory)) told.add(id)
    }
    for (const id of before.missions.keys()) if (!places.missions.has(id)) told.add(id)
    for (const name of changedWorktrees(before.worktrees, places.worktrees)) {
      for (const id of places.missions.keys()) if (isMadeFor(name, id)) told.add(id)
    }
    others = await statesOfOthers(places.missions.keys(), places.worktrees)
    if (!isClosed) lookAgain(LOOK_MS)
  }
  const lookAtOthers = async (): Promise<void> => {
    const [before, began] = [others, performance.now()]
    const found = await statesOfOthers(places.missions.keys(), places.worktrees)
    looking = null
    if (isClosed) return
    // If the list was read meanwhile, the missions may be others. They are read anew in any case.
    if (others === before) {
      others = found
      for (const [id, state] of found) if (before.get(id) !== state) changed.add(id)
    }
    if (changed.size > 0) schedule(COLLECT_MS)
    lookAgain(Math.max(LOOK_MS, LOOK_PAUSES * (performance.now() - began)))
  }
  const lookAgain = (afterMs: number): void => {
    if (others.size > 0) looking ??= setTimeout(() => void lookAtOthers(), afterMs).unref()
  }
  const keepMission = async (id: string): Promise<void> => {
    const mission = places.missions.get(id)
    await keep(id, async () => (mission === undefined ? [] : placesOfMission(id, mission, places.worktrees)))
  }
  // Watch new directories before reporting them, so that no change is missed in between.
  const tell = async (): Promise<void> => {
    timer = null
    isTelling = true
    const told = changed
    telling = told
    changed = new Set()
    const isList = told.has(LIST)
    if (isList) await keepList(told)
    for (const id of told) {
      if (id === LIST) continue
      if (isClosed) return
      await keepMission(id)
    }
    isTelling = false
    telling = new Set()
    if (isClosed) return
    if (changed.size > 0) schedule(COLLECT_MS)
    onChange(isList ? null : [...told])
  }
  void (whenIdle?.() ?? Promise.resolve()).then(() => schedule(0))

  const isChanging = (owner: string): boolean => changed.has(owner) || telling.has(owner)
  return {
    isSettled: (mission) => !isChanging(LIST) && !isChanging(mission ?? LIST),
    close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      if (looking !== null) clearTimeout(looking)
      watches.close()
    },
  }
}

/** Returns the names of the worktrees that were added, were removed, or got missions. */
function changedWorktrees(before: readonly Worktree[], after: readonly Worktree[]): readonly string[] {
  return [...othersIn(before, after), ...othersIn(after, before)]
}

function othersIn(worktrees: readonly Worktree[], than: readonly Worktree[]): readonly string[] {
  const known = new Map(than.map(({ name, specs }) => [name, specs]))
  const others = worktrees.filter(({ name, specs }) => !known.has(name) || !isSame(known.get(name), specs))
  return others.map(({ name }) => name)
}

type Place = LocatedEntry | null | undefined

function isSame(one: Place, other: Place): boolean {
  return one?.path === other?.path && one?.stats.ino === other?.stats.ino
}
