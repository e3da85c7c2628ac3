import type { WorkView } from './work-view.js'

type Home = Pick<WorkView, 'homeProblem' | 'homeCommand' | 'diskProblem' | 'settings'>

/**
 * Returns whether the home belongs to another user, or is on a disk that cannot be written to: then only F-021 has a way
 * out, and what is wrong in the home cannot be corrected there.
 */
export function isOfAnother({ homeProblem, homeCommand, diskProblem }: Omit<Home, 'settings'>): boolean {
  return homeProblem !== null && homeCommand === null && homeProblem !== diskProblem
}

/** Returns whether the only thing wrong with the home is that its disk is full. */
export function isOnlyFull({ homeProblem, diskProblem }: Pick<Home, 'homeProblem' | 'diskProblem'>): boolean {
  return diskProblem !== null && (homeProblem === null || homeProblem === diskProblem)
}

/**
 * Returns whether the home hides its files from this user, so that none of them can be read, and the problem with the home
 * says why. Whether such a file is there at all is not known.
 */
export function isHidden(view: Home): boolean {
  const { homeProblem, homeCommand, settings } = view
  return (
    isOfAnother(view) || (homeProblem !== null && homeCommand !== null && settings.fileCure === homeCommand)
  )
}

/** Returns what is wrong with the settings, without what only follows from a home that hides its files. */
export function problemsSeen(view: Home): readonly string[] {
  const { problems } = view.settings
  return isHidden(view) ? problems.filter((one) => !UNREAD.test(one)) : problems
}

const UNREAD = /config\.toml cannot be read: /
