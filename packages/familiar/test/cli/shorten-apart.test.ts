import { expect, it } from 'vitest'
import { shortenApart } from '../../src/cli/shorten-apart.js'
import { columnsOf } from '../../src/cli/text-width.js'

const HOMES = [
  '~/.spec-kitty',
  '~/projects/another-customer/.spec-kitty',
  '~/projects/third-customer/.spec-kitty',
  '/srv/builds/customer-with-a-very-long-name-1/.spec-kitty',
  '/srv/builds/customer-with-a-very-long-name-2/.spec-kitty',
]

it('paths stay within the width, and different ones stay different', () => {
  for (let columns = 12; columns < 60; columns++) {
    const short = HOMES.map((home) => shortenApart(HOMES)(home, columns))
    expect([columns, Math.max(...short.map(columnsOf)) <= columns, new Set(short).size]).toEqual([
      columns,
      true,
      HOMES.length,
    ])
  }
})

it('the middle goes where that is enough, else the part that differs is shown', () => {
  const shorten = shortenApart(HOMES.slice(0, 3))
  expect(shorten(HOMES[1] ?? '', 34)).toBe('~/projects/an…customer/.spec-kitty')
  expect(shorten(HOMES[1] ?? '', 20)).toBe('…another-customer/.…')
  expect(shorten(HOMES[2] ?? '', 20)).toBe('…third-customer/.sp…')
})
