import { isPackageId, packageIdsIn, sameId } from './package-ids.js'

/** The maximum number of problems that are listed for one package. */
const MAX_PROBLEMS = 10
const MAX_NAMED = 10

/** What a package depends on, as far as it could be understood. */
export interface Needs {
  /** The ids of the packages, each once. Also those that no package has. */
  readonly dependencies: readonly string[]
  /** What is among the dependencies although it is no id, so that the package may depend on any other; null if nothing is. */
  readonly unknown: string | null
  readonly problems: readonly string[]
}

/**
 * Returns the packages to which the dependencies of a package refer. `known` has the id of each package by its `sameId`, and
 * by the name of its prompt, which a dependency may also be.
 */
export function needsOf(id: string, said: readonly string[], known: ReadonlyMap<string, string>): Needs {
  const dependencies = new Set<string>()
  const problems = new Set<string>()
  let unknown: string | null = null
  const linked = (text: string): string | undefined =>
    known.get(sameId(text)) ?? known.get(sameId(text.slice(text.lastIndexOf('/') + 1).replace(/\.md$/i, '')))
  for (const text of said.flatMap((one) => (linked(one) === undefined ? (packageIdsIn(one) ?? one) : one))) {
    const need = linked(text)
    if (need === id) problems.add('depends on itself')
    else if (need === undefined && isPackageId(text))
      problems.add(`depends on ${text}, and no such package was found`)
    if (need !== undefined || isPackageId(text)) dependencies.add(need ?? text)
    else {
      const what = `depends on ${JSON.stringify(text)}, which is not a package`
      problems.add(what)
      unknown ??= what
    }
  }
  return { dependencies: [...dependencies], unknown, problems: [...problems].slice(0, MAX_PROBLEMS) }
}

/** A package and the packages for which it waits. */
interface Waiting {
  readonly id: string
  readonly waiting_for: readonly string[]
}

/** Returns the groups of packages that wait for each other, directly or through others, so that none gets ready (Tarjan). */
export function circlesIn<T extends Waiting>(packages: readonly T[]): readonly (readonly T[])[] {
  const byId = new Map(packages.map((one) => [one.id, one]))
  const indices = new Map<T, number>()
  const stack: T[] = []
  const open = new Set<T>()
  const circles: T[][] = []
  const visit = (one: T): number => {
    const index = indices.size
    let lowest = index
    indices.set(one, index)
    stack.push(one)
    open.add(one)
    for (const next of one.waiting_for.flatMap((id) => byId.get(id) ?? [])) {
      if (!indices.has(next)) lowest = Math.min(lowest, visit(next))
      else if (open.has(next)) lowest = Math.min(lowest, indices.get(next) ?? index)
    }
    if (lowest === index) {
      const group = stack.splice(stack.indexOf(one))
      for (const member of group) open.delete(member)
      if (group.length > 1) circles.push(group.toSorted((a, b) => packages.indexOf(a) - packages.indexOf(b)))
    }
    return lowest
  }
  for (const one of packages) if (!indices.has(one)) visit(one)
  return circles
}

/** Returns the problem with packages that wait for each other. */
export function circleText(ids: readonly string[]): string {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : ''
  return `${ids.slice(0, MAX_NAMED).join(', ')}${more} wait for each other, so none of them gets ready`
}
