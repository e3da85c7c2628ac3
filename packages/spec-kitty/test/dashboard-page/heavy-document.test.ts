import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { isHugeTable, splitAtBound } from '../../src/dashboard/ui/markdown/bounds.js'
import { documentLink } from '../../src/dashboard/ui/url-route.js'
import { lacksChromium, openPage, startBrowser } from '../helpers/browser.js'
import { HEAVY } from '../helpers/heavy-markdown.js'
import { largeReplies } from './large-project.js'
import { servePage } from './stand-in-server.js'

/** What a browser lays out within a second or two. */
const MAX_ELEMENTS = 80_000

/** 200 kB of the densest document of this repository, which has many tables and links. */
const ORDINARY = readFileSync(new URL('../../../../docs/library/api.md', import.meta.url), 'utf8').repeat(2)

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

describe.skipIf(lacksChromium())('a document of 1 MB that is heavy to format', () => {
  const replies = largeReplies()
  let browser: Browser
  let server: Awaited<ReturnType<typeof servePage>>
  beforeAll(async () => {
    server = await servePage(replies)
    browser = await startBrowser()
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  }, 240_000)

  async function show(text: string) {
    replies.set('/api/missions/m0/documents/heavy.md', {
      name: 'heavy.md',
      format: 'markdown',
      text,
      bytes: text.length,
      is_truncated: false,
      problems: [],
    })
    const { page, complaints } = await openPage(browser)
    await page.addInitScript(NOTE_LONGEST)
    await page.goto(server.url + documentLink('m0', 'heavy.md'))
    await page.getByTestId('document').waitFor({ state: 'attached' })
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))')
    return { page, complaints }
  }

  it.each(Object.entries(HEAVY))('is shown, and the page stays usable: %s', async (name, text) => {
    const { page, complaints } = await show(text)
    expect(await page.evaluate(`document.querySelectorAll('*').length`)).toBeLessThan(MAX_ELEMENTS)
    expect(complaints).toEqual([])
    figure(`${name}: blocked for ${await page.evaluate<number>('Math.round(longest)')} ms`)
    await page.context().close()
  })

  it('says what is not formatted and why, and shows it as it was written', async () => {
    const { page } = await show(`# Begin\n\n${'_a_ '.repeat(100_000)}\n\n# The end`)
    await page.getByRole('heading', { name: 'Begin' }).waitFor()
    await page.getByText('The rest of this document is shown as it was written').waitFor()
    expect(await page.getByLabel('Unformatted text').textContent()).toMatch(/^_a_ .*\n\n# The end$/s)
    await page.context().close()
  })

  it('is formatted whole if it is only long', async () => {
    const { page } = await show(`${ORDINARY}\n\n# The end`)
    await page.getByRole('heading', { name: 'The end' }).waitFor()
    expect(await page.locator('.unformatted').count()).toBe(0)
    await page.context().close()
  })
})

const NOTE_LONGEST = `globalThis.longest = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
}).observe({ type: 'longtask', buffered: true })`
