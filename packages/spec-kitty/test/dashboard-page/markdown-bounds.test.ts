import { describe, expect, it } from 'vitest'
import { isHugeTable, splitAtBound } from '../../src/dashboard/ui/markdown/bounds.js'
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

  it('takes a table by its cells, of which most need not be written', () => {
    const table = (columns: number, rows: number) =>
      `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${'|\n'.repeat(rows)}`
    expect(isHugeTable(table(1_000, 1_000))).toBe(true)
    expect(isHugeTable(table(10, 1_000))).toBe(false)
    expect(isHugeTable(`a | b\n\n${table(1_000, 1_000)}`)).toBe(false)
  })
})
