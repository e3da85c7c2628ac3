import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** docs/requirements.md: every requirement is in it, and the tests that it names exist. */
const REPOSITORY = new URL('../', import.meta.url)
const DOCUMENT = readFileSync(new URL('docs/requirements.md', REPOSITORY), 'utf8')

/** Every id of the specification, in the order of the document. */
const IDS: readonly string[] = [
  ...numbered('FR-', 12, 3),
  ...numbered('NFR-', 6, 3),
  ...numbered('C-', 7, 3),
  ...numbered('D-', 3, 2),
  ...numbered('SC-', 6, 3),
  ...numbered('DASH-', 4, 1),
  ...numbered('PAGE-', 16, 1),
  ...numbered('VER-', 5, 1),
]

function numbered(prefix: string, count: number, digits: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => prefix + String(index + 1).padStart(digits, '0'))
}

/** One row of a table: what is missing, or a test. */
interface Row {
  readonly id: string
  readonly demand: string
  /** The cell as it is written: a path in backticks, or the word that says that there is none. */
  readonly file: string
  /** The cell as it is written: a title in backticks, or what is missing. */
  readonly title: string
}

const OPEN = 'open'
const HEAD = 'id'

/** Returns the rows of every table. A row without an id names one more test of the requirement above it. */
function rowsOf(document: string): readonly Row[] {
  const rows: Row[] = []
  for (const line of document.split('\n').filter((one) => one.startsWith('|') && !/^\|\s*-/.test(one))) {
    const [, id = '', demand = '', file = '', title = ''] = line.split('|').map((cell) => cell.trim())
    if (id === HEAD) continue
    rows.push({ id: id === '' ? (rows.at(-1)?.id ?? '') : id, demand, file, title })
  }
  return rows
}

/** Returns every id that the document mentions, in its order. */
function idsIn(document: string): readonly string[] {
  return document.match(/\b(?:FR|NFR|C|D|SC|DASH|PAGE|VER)-\d+\b/g) ?? []
}

/** Returns the text between the backticks, or null if the cell is not a single piece of code. */
function codeIn(cell: string): string | null {
  return /^`([^`]+)`$/.exec(cell)?.[1] ?? null
}

/** Returns what is wrong with the test that a row names, or with the reason why it names none. */
function faultOf({ id, file, title }: Row, rows: readonly Row[]): string | null {
  const [path, name] = [codeIn(file), codeIn(title)]
  if (file === OPEN) {
    if (rows.filter((row) => row.id === id).length > 1) return `${id} is open and has a test`
    return title === '' || name !== null ? `${id} is open and does not say why` : null
  }
  if (path === null || name === null) return `${id} has no test`
  if (!path.endsWith('.test.ts') || !existsSync(new URL(path, REPOSITORY)))
    return `${id}: no test file ${path}`
  return hasTitle(path, name) ? null : `${id}: no test "${name}" in ${path}`
}

/** A title stands between quotes: text in a comment, or a part of another title, is not one. */
function hasTitle(path: string, title: string): boolean {
  const text = readFileSync(new URL(path, REPOSITORY), 'utf8')
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote))
}

function faultsOf(document: string): readonly string[] {
  const rows = rowsOf(document)
  return rows.map((row) => faultOf(row, rows)).filter((fault) => fault !== null)
}

describe('docs/requirements.md', () => {
  it('has every id once, in a row of its own that says what it demands', () => {
    expect(idsIn(DOCUMENT)).toEqual(IDS)
    const stated = rowsOf(DOCUMENT).filter(({ demand }) => demand !== '')
    expect(stated.map(({ id }) => id)).toEqual(IDS)
  })

  it('names tests that exist, or says what is missing', () => {
    expect(faultsOf(DOCUMENT)).toEqual([])
  })
})

describe('a row that is wrong is seen', () => {
  const HERE = 'test/requirements.test.ts'
  const TITLE = 'names tests that exist, or says what is missing'

  it.each([
    ['a test', `\`${HERE}\` | \`${TITLE}\``, null],
    ['a reason', 'open | Nothing is built yet.', null],
    ['no test', ' | ', 'X-1 has no test'],
    ['a file without a title', `\`${HERE}\` | `, 'X-1 has no test'],
    [
      'a file that does not exist',
      `\`test/none.test.ts\` | \`${TITLE}\``,
      'X-1: no test file test/none.test.ts',
    ],
    ['a file that is not a test', '`test/walls.ts` | `spec-kitty`', 'X-1: no test file test/walls.ts'],
    ['a part of a title', '`test/walls.test.ts` | `imports`', 'X-1: no test "imports" in test/walls.test.ts'],
    ['open without a reason', 'open | ', 'X-1 is open and does not say why'],
    ['open with a title', `open | \`${TITLE}\``, 'X-1 is open and does not say why'],
  ])('%s', (_, cells, fault) => {
    expect(faultsOf(`| X-1 | It works. | ${cells} |`)).toEqual(fault === null ? [] : [fault])
  })

  it('open with a test in the row below', () => {
    const rows = `| X-1 | It works. | open | Nothing is built yet. |\n| | | \`${HERE}\` | \`${TITLE}\` |`
    expect(faultsOf(rows)).toEqual(['X-1 is open and has a test'])
  })

  it('an id that is mentioned a second time', () => {
    expect(idsIn(`${DOCUMENT}\nSee SC-006 and NFR-001.`)).toEqual([...IDS, 'SC-006', 'NFR-001'])
  })
})
