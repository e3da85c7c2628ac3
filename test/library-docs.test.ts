import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { API_FILE, renderApi } from '../scripts/print-api.mjs'

/** The documentation for authors of other tools, compared with the source and with itself. */
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIBRARY = join(ROOT, 'docs/library')

const pages = readdirSync(LIBRARY).map((name) => join(LIBRARY, name))
const all = [...pages, join(ROOT, 'packages/familiar/README.md'), join(ROOT, 'README.md')]

const read = (file: string): string => readFileSync(file, 'utf8')

/** The text without its fenced blocks. */
const proseOf = (file: string): string => read(file).replaceAll(/^```[\s\S]*?^```$/gm, '')

/** The anchors that GitHub makes of the headings of a page. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = proseOf(file).matchAll(/^#+ (.+)$/gm)
  return new Set(
    Array.from(headings, ([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** The links of a page that lead nowhere. */
function brokenLinks(file: string): readonly string[] {
  const inline = Array.from(proseOf(file).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
  const referred = Array.from(proseOf(file).matchAll(/^\[[^\]]+\]: (\S+)$/gm), ([, target = '']) => target)
  return [...inline, ...referred].filter((target) => {
    if (/^https?:/.test(target)) return false
    const [path = '', anchor] = target.split('#')
    const aim = path === '' ? file : join(dirname(file), path)
    return !existsSync(aim) || (anchor !== undefined && !anchorsOf(aim).has(anchor))
  })
}

describe('docs/library', () => {
  it('has the reference that the declarations give (else: npm run docs:api)', () => {
    expect(read(API_FILE)).toBe(renderApi())
  })

  it.each(all)('has no link that leads nowhere: %s', (file) => {
    expect(brokenLinks(file)).toEqual([])
  })

  it('says of every error code what an author does, in the order of docs/errors.md', () => {
    const codesIn = (file: string): readonly string[] =>
      Array.from(read(file).matchAll(/^\| \[(E_\w+)\]/gm), ([, code = '']) => code)
    const ofLibrary = read(join(ROOT, 'packages/familiar/src/errors.ts'))
    const codes = codesIn(join(ROOT, 'docs/errors.md')).filter((code) => ofLibrary.includes(`| '${code}'`))
    expect(codes.length).toBeGreaterThan(20)
    expect(codesIn(join(LIBRARY, 'errors.md'))).toEqual(codes)
  })

  it('says of every error code whether tryConnect skips it, as the source does', () => {
    const source = read(join(ROOT, 'packages/familiar/src/define/connect-method.ts'))
    const [, list = ''] = /const NONE_HERE[^=]+= new Set\(\[([^\]]+)\]\)/.exec(source) ?? []
    const skipped = Array.from(list.matchAll(/E_\w+/g), ([code]) => code)
    expect(skipped.length).toBeGreaterThan(5)
    const rows = read(join(LIBRARY, 'errors.md')).matchAll(/^\| \[(E_\w+)\][^|]*\| (\w+) +\|/gm)
    const told = Array.from(rows, ([, code, what]) => ({ code, what }))
    const ofRows = told.filter(({ what }) => what === 'skips').map(({ code }) => code)
    expect(ofRows.toSorted()).toEqual([...skipped, 'E_DAEMON_SKIPPED'].toSorted())
    expect(told.filter(({ what }) => what !== 'skips' && what !== 'throws')).toEqual([])
  })

  it('is linked from the README, page by page', () => {
    const readme = read(join(ROOT, 'README.md'))
    const names = readdirSync(LIBRARY)
    expect(names.filter((name) => !readme.includes(`docs/library/${name}`))).toEqual([])
  })
})
