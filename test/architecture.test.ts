import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** ARCHITECTURE.md must lead to files that exist: a file that has another name by now is found here. */
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const text = readFileSync(new URL('../ARCHITECTURE.md', import.meta.url), 'utf8')
const SOURCES = ['packages/familiar/src/', 'packages/spec-kitty/src/']

/** The table, in its three parts: each begins with a row that says below which directory its paths are. */
const rows = text.slice(text.indexOf('## Where is'), text.indexOf('## How a clean-up')).split('\n')

/** What the table names, with the directory that it is below. */
function named(): readonly { readonly path: string; readonly below: string }[] {
  let below = ''
  return rows.flatMap((row) => {
    if (row.includes('**Elsewhere**')) below = ''
    const directory = /\*\*.*`(packages[^`]+)`/.exec(row)?.[1]
    if (directory !== undefined) {
      below = directory
      return []
    }
    return [...row.matchAll(/`([^`]+)`/g)].map(([, path = '']) => ({ path, below }))
  })
}

const WITHOUT = new Set(['node_modules', 'dist', 'lib', 'command'])

/** The names of all files of the sources. */
const names = new Set(
  [...SOURCES, 'prove/src/', 'test/', 'scripts/'].flatMap((directory) =>
    readdirSync(ROOT + directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.split('/').some((part) => WITHOUT.has(part)))
      .map((path) => basename(path)),
  ),
)

describe('ARCHITECTURE.md', () => {
  it('has a table of many places', () => {
    expect(named().length).toBeGreaterThan(60)
  })

  it.each(named())('$below$path, of the table, exists', ({ path, below }) => {
    expect(existsSync(ROOT + below + path)).toBe(true)
  })

  it('names no file in a sentence that does not exist', () => {
    const said = [...text.matchAll(/(?<![\w./*-])[\w-]+(?:\/[\w-]+)*\.(?:ts|mjs|js|md)\b/g)].map(
      ([path]) => path,
    )
    expect(said.length).toBeGreaterThan(40)
    const isThere = (path: string): boolean =>
      ['', 'docs/library/', 'packages/spec-kitty/', ...SOURCES].some((directory) =>
        existsSync(ROOT + directory + path),
      ) ||
      (!path.includes('/') && names.has(path))
    expect(said.filter((path) => !isThere(path))).toEqual([])
  })
})
