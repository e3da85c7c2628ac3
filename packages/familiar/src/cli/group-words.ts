import { compareVersions } from '../identity/versions.js'

/** Returns every port of a group: `9401-9405 9407`. */
export function portRanges(ports: readonly number[]): string {
  const sorted = [...new Set(ports)].toSorted((one, other) => one - other)
  const runs: number[][] = []
  for (const port of sorted) {
    const run = runs.at(-1)
    if (run !== undefined && run.at(-1) === port - 1) run.push(port)
    else runs.push([port])
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(' '))).join(' ')
}

/** Returns `3.2.2`, or `3.2.2-3.2.4` for the oldest and the newest of several; null if none is known. */
export function versionRange(versions: readonly (string | null)[]): string | null {
  const known = versions.flatMap((version) => version ?? []).toSorted(compareVersions)
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return null
  return first === last ? first : `${first}-${last}`
}
