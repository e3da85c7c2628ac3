import { describe, expect, it } from 'vitest'
import { definitionsFor, isHugeTable, splitAtBound } from '../../src/dashboard/ui/markdown/bounds.js'
import { markdownToHtml } from '../../src/dashboard/ui/markdown/to-html.js'
import { HEAVY, ORDINARY } from '../helpers/heavy-markdown.js'

describe('the bound of what is formatted', () => {
  it.each(Object.entries(HEAVY))('loses nothing: %s', (_, text) => {
    expect(splitAtBound(text).join('')).toBe(text)
  })

  it('is beyond a dense document of 200 kB', () => {
    expect(splitAtBound(ORDINARY)).toEqual([ORDINARY, ''])
  })

  it('cuts at the beginning of a line', () => {
    const [formatted, rest] = splitAtBound('# a\n'.repeat(100_000))
    expect(formatted.endsWith('# a\n')).toBe(true)
    expect(rest.startsWith('# a\n')).toBe(true)
  })

  it('leaves links with the definitions that stand behind it', () => {
    const head = 'See [the plan][A  b], [here], [there], [constructor] and [x].\n\n[here]: first.md\n\n'
    const defined =
      '[other]: other.md\n[a b]: plan.md "Title"\n[here]: second.md\n[a b]: again.md\n[x]: no link at all\n'
    const [formatted, rest] = splitAtBound(`${head}${'# a\n'.repeat(100_000)}${defined}`)
    expect(rest.endsWith(defined)).toBe(true)
    const [first = ''] = markdownToHtml(formatted, definitionsFor(formatted, rest)).split('\n')
    expect(first).toBe(
      '<p>See <a href="plan.md" title="Title">the plan</a>, <a href="first.md">here</a>, [there], [constructor] and [x].</p>',
    )
  })

  it.each(Object.entries(HEAVY))('takes no long time for these definitions: %s', (_, text) => {
    const began = performance.now()
    const [formatted, rest] = splitAtBound(text)
    expect(definitionsFor(formatted, rest).split('\n').length).toBeLessThanOrEqual(1_000)
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  it('takes a table by its cells, of which most need not be written', () => {
    const table = (columns: number, rows: number) =>
      `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${'|\n'.repeat(rows)}`
    expect(isHugeTable(table(1_000, 1_000))).toBe(true)
    expect(isHugeTable(table(10, 1_000))).toBe(false)
    expect(isHugeTable(`a | b\n\n${table(1_000, 1_000)}`)).toBe(false)
  })
})
