import { describe, expect, it } from 'vitest'
import { formatTable, layTable, type Column } from '../../src/cli/format-table.js'
import { columnsOf } from '../../src/cli/text-width.js'

interface Row {
  readonly pid: string
  readonly why: string
  readonly up: string
  readonly path: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'PID', align: 'right', cell: ({ pid }) => pid },
  { title: 'REASON', cell: ({ why }) => why, shorten: 'end', style: () => 'yellow' },
  { title: 'UP', align: 'right', cell: ({ up }) => up, isExtra: true },
  { title: 'SCOPE', cell: ({ path }) => path, shorten: 'middle', isExtra: true },
]

const ROWS: readonly Row[] = [
  { pid: '7', why: 'is_recorded_singleton', up: '3d', path: '/home/山田太郎/very/deep/below/.spec-kitty' },
  { pid: '1234567', why: 'older version, superseded', up: '12m', path: '/x' },
]

/** The words that name what is not shown. */
const HINT = 'not shown: widen the terminal, or --json'

describe('a table', () => {
  it('in a pipe is complete, whatever its width', () => {
    const lines = formatTable(COLUMNS, ROWS, null)
    expect(lines).toHaveLength(3)
    for (const { pid, why, up, path } of ROWS)
      expect(lines.some((line) => [pid, why, up, path].every((cell) => line.includes(cell)))).toBe(true)
  })

  it('shortens the middle of a path before it drops a column', () => {
    const [, first = '', ...more] = formatTable(COLUMNS, ROWS, 70)
    expect(first).toMatch(/^ +7 {2}is_recorded_singleton +3d {2}\/home\/\S*…\S*\/\.spec-kitty$/)
    expect(more).toHaveLength(1)
  })

  it('drops what is extra before a reason loses its end, and says so', () => {
    const lines = formatTable(COLUMNS, ROWS, 40)
    expect(lines.slice(3).join(' ')).toBe(`UP, SCOPE ${HINT}`)
    expect(lines.join('\n')).toContain('older version, superseded')
    expect(formatTable(COLUMNS, ROWS, 30)[2]).toMatch(/^1234567 {2}older version, \w*…$/)
  })

  it('drops what is extra wherever it stands, and shortens paths even more before it drops another column', () => {
    const [pid, why, up, path] = COLUMNS as [Column<Row>, Column<Row>, Column<Row>, Column<Row>]
    const columns: readonly Column<Row>[] = [up, pid, { ...path, isExtra: false }, why]
    expect(formatTable(columns, ROWS, 60)[0]).toMatch(/^ +PID {2}SCOPE +REASON$/)
    const { header, rows, hidden } = layTable(columns, ROWS, {
      columns: 7 + 2 + 12 + 2 + 12 + 2,
      hasColor: false,
    })
    expect([header, ...rows, hidden]).toEqual([
      '    PID  SCOPE         REASON',
      expect.stringMatching(/^ {6}7 {2}\/\S*…\S* +is_recorded…$/),
      expect.stringMatching(/^1234567 {2}\/x {12}older versi…$/),
      `UP ${HINT}`,
    ])
  })

  it('puts back each extra column that fits, the lesser ones last, whatever the rows say', () => {
    const [pid, why, up, path] = COLUMNS as [Column<Row>, Column<Row>, Column<Row>, Column<Row>]
    const same = ROWS.map((row) => ({ ...row, up: '3d' }))
    for (const rows of [ROWS, same]) {
      expect(formatTable([pid, why, path, up], rows, 46)[0]).toMatch(/^ +PID {2}REASON +UP$/)
      expect(formatTable([pid, why, path, up], rows, 46).at(-1)).toBe(`SCOPE ${HINT}`)
      expect(formatTable([pid, why, up, path], rows, 60)[0]).toMatch(/^ +PID {2}REASON +UP$/)
      const lesser = [pid, why, { ...up, isLesser: true }, path]
      expect(formatTable(lesser, rows, 60)[0]).toMatch(/^ +PID {2}REASON +SCOPE$/)
    }
  })

  it('drops a lesser column before the others, and lets a column shorten its texts itself', () => {
    const [pid, why, , path] = COLUMNS as [Column<Row>, Column<Row>, Column<Row>, Column<Row>]
    const kept = [pid, { ...why, isLesser: true }, { ...path, isExtra: false, shortened: () => '…kept' }]
    expect(formatTable(kept, ROWS, 50)[1]).toMatch(/^ +7 {2}is_recorded_sing… {2}…kept$/)
    expect(formatTable(kept, ROWS, 34)[1]).toMatch(/^ +7 {2}…kept$/)
    expect(formatTable(kept, ROWS, 34).slice(3).join(' ')).toBe(`REASON ${HINT}`)
  })

  it('is never wider than the terminal, never drops a column without a word, and keeps its columns straight', () => {
    for (let width = 12; width < 120; width++) {
      const { header, rows, hidden } = layTable(COLUMNS, ROWS, { columns: width, hasColor: false })
      for (const line of [header, ...rows]) expect([width, columnsOf(line) <= width]).toEqual([width, true])
      const missing = COLUMNS.map(({ title }) => title).filter((title) => !header.includes(title.slice(0, 2)))
      expect(hidden ?? '').toBe(missing.length === 0 ? '' : `${missing.join(', ')} ${HINT}`)
    }
  })

  it('has ~ for the home directory of the user in the paths, but on a terminal only', () => {
    const screen = { hasColor: false, env: { HOME: '/home/山田太郎' } }
    const pathIn = (columns: number | null): string | undefined =>
      layTable(COLUMNS, ROWS, { ...screen, columns })
        .rows[0]?.split(' ')
        .at(-1)
    expect([pathIn(100), pathIn(null)]).toEqual(['~/very/deep/below/.spec-kitty', ROWS[0]?.path])
  })

  it('has the same words with and without colours', () => {
    const painted = layTable(COLUMNS, ROWS, { columns: 80, hasColor: true })
    const plain = layTable(COLUMNS, ROWS, { columns: 80, hasColor: false })
    expect(painted.rows.join('\n')).toContain('\u001b[33m')
    // oxlint-disable-next-line no-control-regex
    expect(painted.rows.map((row) => row.replaceAll(/\u001b\[\d+m/g, '').trimEnd())).toEqual(plain.rows)
  })
})
