import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, PATIENT, startBrowser } from '../helpers/browser.js'
import { largeReplies } from './large-project.js'
import { eventText, servePage } from './stand-in-server.js'

const HELLO = eventText('hello', {
  project: { id: 'p', name: 'atlas', path: '/p' },
  instance: 'i',
  version: '5',
  page: '',
})
const SAID = HELLO + eventText('changed', { missions: null })

/** What a reader of a project with much in it keeps: the place in a list, the frame of the page, the way back. */
describe.skipIf(lacksChromium())('a page with much in it', () => {
  let browser: Browser
  const endings: (() => Promise<void>)[] = []
  beforeAll(async () => {
    browser = await startBrowser()
  }, 240_000)
  afterEach(async () => {
    for (const end of endings.splice(0)) await end()
  })
  afterAll(() => browser?.close(), 60_000)

  async function open(hash: string, replies = largeReplies(), said: string | (() => string) = SAID) {
    const server = await servePage(replies, said)
    const { page } = await openPage(browser, { reducedMotion: 'reduce' })
    endings.push(server.close, () => page.context().close())
    await page.goto(`${server.url}${hash}`)
    await page.locator('[data-row-link], [data-card]').first().waitFor()
    return { page, server, replies }
  }

  it.each([
    ['Now', '#/', 'WP38', '[data-card]'],
    ['Missions', '#/missions', 'Mission m90', '[data-card]'],
    ['a board', '#/missions/m0', 'WP38', 'dialog h2'],
  ])(
    'is left and found again at the same place, on "back" and after a reload: %s',
    async (_, hash, name, shown) => {
      const { page } = await open(hash)
      for (const more of await page.getByRole('button', { name: /^Show all/ }).all()) await more.click()
      const link = page.getByRole('link', { name }).first()
      await link.scrollIntoViewIfNeeded()
      const top = await topOf(link)
      await link.click()
      await page.locator(shown).first().waitFor()
      await page.goBack()
      await expect.poll(() => topOf(link), PATIENT).toBe(top)
      expect(await link.evaluate((one) => one === document.activeElement)).toBe(true)
      await page.reload()
      await link.waitFor()
      await expect.poll(() => scrollOf(page), PATIENT).toBeGreaterThan(500)
    },
  )

  it.each([
    ['at once', '#/', []],
    ['after the next package', '#/', ['Next: WP2 Title of WP2']],
    ['after a reload', '#/', ['reload']],
    ['on the board', '#/missions/m0', ['Next: WP2 Title of WP2', 'reload']],
  ] as const)('closes a package to where it was opened: %s', async (_, hash, steps) => {
    const { page } = await open(hash)
    await page.getByRole('link', { name: 'WP1 Title of WP1' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: 'WP1 Title' }).waitFor()
    for (const step of steps) {
      await (step === 'reload' ? page.reload() : dialog.getByRole('link', { name: step }).click())
      if (step !== 'reload') await dialog.getByRole('heading', { name: 'WP2 Title' }).waitFor()
    }
    await dialog.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => page.evaluate('location.hash'), PATIENT).toBe(hash)
    await page.locator('[data-row-link], [data-card]').first().waitFor()
  })
})

declare const document: { activeElement: unknown }

function topOf(link: Locator): Promise<number> {
  return link.evaluate((one) => Math.round(one.getBoundingClientRect().top))
}

function scrollOf(page: Page): Promise<number> {
  return page.evaluate('scrollY')
}
