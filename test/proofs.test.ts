import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PARTS } from '../prove/src/parts.js'
import { withFigures, type Kept } from '../prove/src/report.js'

const DOCS = new URL('../docs/proofs/', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, DOCS), 'utf8')

it.each(Object.keys(PARTS))('the page of %s quotes the figures that are kept', (id) => {
  const page = read(`${id}.md`)
  const kept = JSON.parse(read(`figures/${id}.json`)) as Kept
  expect(withFigures(page, kept)).toBe(page)
  expect(kept.failures).toEqual([])
})

it('names each part in the table of all proofs', () => {
  const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'README.md')
  expect(pages.toSorted()).toEqual(
    Object.keys(PARTS)
      .map((id) => `${id}.md`)
      .toSorted(),
  )
  for (const page of pages) expect(read('README.md')).toContain(`(${page})`)
})
