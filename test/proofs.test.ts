import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PARTS } from '../prove/src/parts.js'
import { markOf, withFigures, type Kept } from '../prove/src/report.js'

const DOCS = new URL('../docs/proofs/', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, DOCS), 'utf8')
const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'README.md')

it.each(Object.keys(PARTS))('one page quotes the figures of %s as they are kept', (id) => {
  const [page = '', ...others] = pages.map(read).filter((text) => text.includes(markOf(id)))
  expect(others).toEqual([])
  const kept = JSON.parse(read(`figures/${id}.json`)) as Kept
  expect(withFigures(page, id, kept)).toBe(page)
})

it('names each page in the table of all proofs', () => {
  for (const page of pages) expect(read('README.md')).toContain(`(${page})`)
})
