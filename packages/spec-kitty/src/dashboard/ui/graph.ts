import type { WorkPackage } from '../api.js'

type Package = Pick<WorkPackage, 'id' | 'dependencies'>

/**
 * The position of a package in the drawing: `column` is the length of the longest chain of dependencies before it (but for
 * those that stand alone), `row` its position in that column.
 */
export interface Place {
  readonly id: string
  readonly column: number
  readonly row: number
}

export interface Graph {
  readonly places: readonly Place[]
  /** An arrow leads from a package to one that depends on it. Dependencies outside the mission are omitted. */
  readonly arrows: readonly { readonly from: Place; readonly to: Place }[]
  readonly columns: number
  readonly rows: number
}

/** How many packages without dependencies stand side by side, where the others need fewer columns. */
const ALONE_IN_ROW = 4

/**
 * Returns a drawing of the dependencies. Every package is to the right of all its dependencies, close to their rows. In a
 * cycle of dependencies, the package that is found first is on the left. Those that need nothing and are not needed are
 * below all others, in rows.
 */
export function layGraph(packages: readonly Package[]): Graph {
  const byId = new Map(packages.map((one) => [one.id, one]))
  const linked = new Set(
    packages.flatMap((one) => {
      const needs = needsOf(one, byId)
      return needs.length === 0 ? [] : [one.id, ...needs]
    }),
  )
  const alone = packages.filter(({ id }) => !linked.has(id))
  const depths = depthsOf(byId)
  const deepest = Math.max(0, ...depths.values()) + (packages.length === 0 ? 0 : 1)
  const columns = Math.max(deepest, Math.min(alone.length, ALONE_IN_ROW))
  const placed = new Map<string, Place>()
  for (let column = 0; column < columns; column += 1) {
    const here = packages.filter(({ id }) => linked.has(id) && depths.get(id) === column)
    const sorted = here.toSorted((one, other) => heightOf(one, placed) - heightOf(other, placed))
    for (const [row, { id }] of sorted.entries()) placed.set(id, { id, column, row })
  }
  const below = Math.max(0, ...[...placed.values()].map(({ row }) => row + 1))
  for (const [at, { id }] of alone.entries())
    placed.set(id, { id, column: at % columns, row: below + Math.floor(at / columns) })
  const places = packages.flatMap(({ id }) => placed.get(id) ?? [])
  return {
    places,
    arrows: places.flatMap((to) =>
      needsOf(byId.get(to.id), byId).flatMap((id) => {
        const from = placed.get(id)
        return from === undefined ? [] : [{ from, to }]
      }),
    ),
    columns,
    rows: Math.max(0, ...places.map(({ row }) => row + 1)),
  }
}

function needsOf(one: Package | undefined, byId: ReadonlyMap<string, Package>): readonly string[] {
  return [...new Set(one?.dependencies)].filter((id) => byId.has(id) && id !== one?.id)
}

/** Returns for each package the length of the longest chain of dependencies before it. */
function depthsOf(byId: ReadonlyMap<string, Package>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const onWay = new Set<string>()
  const depthOf = (id: string): number => {
    const known = depths.get(id)
    if (known !== undefined || onWay.has(id)) return known ?? -1
    onWay.add(id)
    const depth = Math.max(-1, ...needsOf(byId.get(id), byId).map(depthOf)) + 1
    onWay.delete(id)
    depths.set(id, depth)
    return depth
  }
  for (const id of byId.keys()) depthOf(id)
  return depths
}

/** Returns the mean row of the dependencies of a package. */
function heightOf(one: Package, placed: ReadonlyMap<string, Place>): number {
  const rows = one.dependencies.flatMap((id) => placed.get(id)?.row ?? [])
  return rows.length === 0 ? Number.MAX_SAFE_INTEGER : rows.reduce((sum, row) => sum + row, 0) / rows.length
}
