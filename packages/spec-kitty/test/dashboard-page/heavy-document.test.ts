import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isFull } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { documentLink } from '../../src/dashboard/ui/url-route.js'
import { lacksChromium, openPage, startBrowser } from '../helpers/browser.js'
import { HEAVY, ORDINARY } from '../helpers/heavy-markdown.js'
import { largeReplies } from './large-project.js'
import { servePage } from './stand-in-server.js'

/** What a browser lays out within a second or two. */
const MAX_ELEMENTS = 80_000

/** Looked for to the end, and nested; the others (many elements, tags that are opened again) take as long again. */
const SOME = ['short emphasis', 'nested lists']

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

  const tried = isFull ? Object.keys(HEAVY) : SOME
  it.each(tried.map((name) => [name, HEAVY[name] ?? ''] as const))(
    'is shown, and the page stays usable: %s',
    async (name, text) => {
      const { page, complaints } = await show(text)
      expect(await page.evaluate(`document.querySelectorAll('*').length`)).toBeLessThan(MAX_ELEMENTS)
      expect(complaints).toEqual([])
      figure(`${name}: blocked for ${await page.evaluate<number>('Math.round(longest)')} ms`)
      await page.context().close()
    },
  )

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
