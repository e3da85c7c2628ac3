import { objectOf } from 'familiar/cli'
import { textIn } from './fact-values.js'

const MAX_ID_CHARS = 200
const MAX_TITLE_CHARS = 500
const MAX_NEEDS = 200

/** What a line says about a package when it is created. */
export interface CreatedPackage {
  readonly title: string | null
  readonly dependencies: readonly string[]
  /** False if the line says more about dependencies than could be read. */
  readonly are_dependencies_known: boolean
}

/** Returns the package that a line creates; null if it creates none. */
export function createdIn(
  value: Readonly<Record<string, unknown>>,
): (CreatedPackage & { readonly id: string }) | null {
  const payload = value['event_type'] === 'WPCreated' ? objectOf(value['payload']) : null
  const id = textIn(payload?.['wp_id'], MAX_ID_CHARS)
  if (payload === null || id === null) return null
  const said = payload['depends_on'] ?? []
  const needs: readonly unknown[] = Array.isArray(said) ? said : []
  const read = needs.slice(0, MAX_NEEDS).map((one) => textIn(one, MAX_ID_CHARS))
  return {
    id,
    title: textIn(payload['wp_title'], MAX_TITLE_CHARS),
    dependencies: read.filter((one) => one !== null),
    are_dependencies_known: Array.isArray(said) && read.length === needs.length && !read.includes(null),
  }
}
