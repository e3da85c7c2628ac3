import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, PATIENT, startBrowser } from '../helpers/browser.js'
import { violationsOf } from '../helpers/axe.js'
import { largeReplies } from './large-project.js'
import { eventText, NEVER, servePage } from './stand-in-server.js'

function hello(name: string, instance: string): string {
  return eventText('hello', {
    project: { id: name, name, path: `/${name}` },
    instance,
    version: '5',
    page: '',
  })
}

const SAID = hello('atlas', 'first') + eventText('changed', { missions: null })

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
    return { page, server, replies, speak: server.speak }
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
      const top = await topAtClick(link)
      await page.locator(shown).first().waitFor()
      await page.goBack()
      await expect.poll(() => topOf(link), PATIENT).toBe(top)
      await expect.poll(() => link.evaluate((one) => one === document.activeElement), PATIENT).toBe(true)
      await page.reload()
      await link.waitFor()
      await expect.poll(() => scrollOf(page), PATIENT).toBeGreaterThan(500)
    },
  )

  it.each([
    ['back', 'history.back()'],
    ['reload', 'location.reload()'],
  ])('is left at the very moment of the last scroll and found again: %s', async (_, leave) => {
    const { page } = await open('#/')
    await page.getByRole('link', { name: 'Missions' }).click()
    await page.getByRole('link', { name: 'Mission m90' }).waitFor()
    const loaded = leave === 'location.reload()' ? page.waitForEvent('load') : null
    // Rows that are seen for the first time may move the others, and the page scrolls with them, until it is really left.
    const scrolled = page.evaluate(`{
      let isLeft = false
      const look = () => {
        const link = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('li').querySelector('a')
        sessionStorage.setItem('seen', JSON.stringify([link.textContent, Math.round(link.getBoundingClientRect().top)]))
        if (!isLeft) ${leave}
        isLeft = true
      }
      addEventListener('scroll', look)
      addEventListener('popstate', () => removeEventListener('scroll', look))
      scrollTo(0, 2000)
    }`)
    // The reload may be faster than the answer.
    await scrolled.catch(() => undefined)
    if (leave === 'history.back()') {
      await page.locator('[data-package]').first().waitFor()
      await page.goForward()
    } else await loaded
    const [name, top] = JSON.parse(await page.evaluate(`sessionStorage.getItem('seen')`)) as [string, number]
    const link = page.getByRole('link', { name, exact: true })
    await link.waitFor()
    expect(top).toBeGreaterThan(0)
    await expect.poll(() => topOf(link), PATIENT).toBe(top)
  })

  it('is left again before it is drawn, and found at the same place all the same', async () => {
    const { page, replies } = await open('#/missions')
    const link = page.getByRole('link', { name: 'Mission m90' })
    await link.scrollIntoViewIfNeeded()
    const top = await topAtClick(link)
    await page.locator('[data-card]').first().waitFor()
    await page.goBack()
    await expect.poll(() => topOf(link), PATIENT).toBe(top)
    const reply = replies.get('/api/missions')
    replies.set('/api/missions', NEVER)
    await page.reload()
    await page.locator('main').getByText('Waiting for an answer from the dashboard').waitFor()
    replies.set('/api/missions', reply)
    await page.reload()
    await link.waitFor()
    await expect.poll(() => topOf(link), PATIENT).toBe(top)
  })

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

  it.each([1280, 400])('says in view that it has lost contact, and only that: %d px wide', async (width) => {
    const said = SAID + hello('atlas', 'second')
    const { page, server } = await open('#/missions', largeReplies(), said)
    await page.setViewportSize({ width, height: 800 })
    await page.getByText('The dashboard was started again.').waitFor()
    await page.getByRole('link', { name: 'Mission m90' }).scrollIntoViewIfNeeded()
    await server.close()
    await page.locator('[data-state=lost]').waitFor({ state: 'attached' })
    await expect.poll(() => page.locator('.banner').count(), PATIENT).toBe(1)
    const box = await page.getByRole('alert').boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(400)
    expect(await page.locator('.badge').evaluate((one) => getComputedStyle(one).filter)).toBe('grayscale(1)')
    expect(await page.title()).toMatch(/^\(\?\) Missions/)
  })

  it('says in the panel of a package that it has lost contact', async () => {
    const { page, server } = await open('#/missions/m0?card=WP1')
    await page.getByRole('dialog').getByRole('heading', { name: 'WP1 Title' }).waitFor()
    await server.close()
    await page.getByRole('dialog').getByText('No contact').waitFor()
  })

  it('counts nothing once another project answers', async () => {
    const { page, speak } = await open('#/')
    await expect.poll(() => page.title(), PATIENT).toMatch(/^\(4\d\) Now/)
    speak(hello('borealis', 'first'))
    await page.getByText('This address now belongs to another project').waitFor()
    await expect.poll(() => page.title(), PATIENT).toBe('Stopped · spec-kitty dashboard')
    expect(await page.locator('.badge').count()).toBe(0)
  })

  it('shows the focus on the first card of a column, and the current tab, in the colours of the system', async () => {
    const { page } = await open('#/missions/m0')
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
    const colours = await page
      .locator('.tabs a')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).borderBottomColor))
    expect(colours[0]).not.toBe(colours[1])
    expect(colours[1]).toBe(colours[2])
    await page.keyboard.press('Tab')
    await page.locator('[data-card-link]').first().focus()
    const offset = `parseFloat(getComputedStyle(document.querySelector('[data-card-link]'), '::after').outlineOffset)`
    expect(await page.evaluate(offset)).toBeLessThan(0)
  })

  it('shows the first rows of a section, leads to each, and keeps in its address which are shown whole', async () => {
    const { page } = await open('#/')
    const waiting = page.getByRole('region', { name: 'Waiting for you' })
    expect(await waiting.locator('[data-package]').count()).toBe(8)
    const stalled = page.getByRole('region', { name: 'Stalled' })
    expect((await stalled.boundingBox())?.y).toBeLessThan(800)
    await waiting.getByRole('button', { name: 'Show all 40' }).press('Enter')
    expect(await waiting.locator('[data-package]').count()).toBe(40)
    expect(await page.evaluate('location.hash')).toBe('#/?all=waiting-for-you')
    await page
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('button', { name: 'Stalled' })
      .press('Enter')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Stalled 1')
    const { y = -1 } = (await stalled.boundingBox()) ?? {}
    expect(y).toBeGreaterThan(56)
    expect(y).toBeLessThan(800)
    await waiting.getByRole('button', { name: 'Show the first 8' }).press('Enter')
    expect(await page.evaluate('location.hash')).toBe('#/')
    expect(await violationsOf(page)).toEqual([])
  })

  it('copies the command of a row, and shows it selected if the browser refuses', async () => {
    const { page } = await open('#/')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const command = 'spec-kitty agent action review WP1 --mission m0'
    const copy = page.locator('[data-package=WP1]').getByRole('button', { name: 'Copy command' })
    await page.locator('[data-package=WP1] [data-row-link]').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(command)
    expect(await page.evaluate('location.hash')).toBe('#/')
    await copy.waitFor()
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
    await copy.press('Enter')
    await page.getByLabel(/did not allow copying. Press Ctrl C/).waitFor()
    expect(await page.evaluate('String(getSelection())')).toBe(command)
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(() => copy.evaluate((one) => one === document.activeElement), PATIENT).toBe(true)
    expect(await page.locator('.by-hand').count()).toBe(0)
  })

  it('copies a prompt by hand in the panel of a package, which Escape leaves open', async () => {
    const { page } = await open('#/missions/m0?card=WP1')
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Copy the next command' }).press('Enter')
    await dialog.getByLabel(/Press Ctrl C/).waitFor()
    await page.keyboard.press('Escape')
    await dialog.getByLabel(/Press Ctrl C/).waitFor({ state: 'detached' })
    expect(await dialog.count()).toBe(1)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('keeps the head of the list in view, and what was chosen there and on the board', async () => {
    const { page } = await open('#/missions?text=Mission')
    await page.getByRole('link', { name: 'Mission m90' }).scrollIntoViewIfNeeded()
    const { y = -1 } = (await page.locator('.legend').boundingBox()) ?? {}
    expect([y >= 56, y < 70]).toEqual([true, true])
    await page.getByRole('link', { name: 'Mission m90' }).click()
    await page.getByLabel('Find a work package').fill('WP3')
    await page.getByRole('link', { name: 'Flow' }).click()
    await page.getByRole('link', { name: 'Board' }).click()
    expect(await page.getByLabel('Find a work package').inputValue()).toBe('WP3')
    await page.locator('.crumbs').getByRole('link', { name: 'Missions' }).click()
    await expect.poll(() => page.evaluate('location.hash'), PATIENT).toBe('#/missions?text=Mission')
  })

  it('says that it waits for an answer, and no longer once it has come', async () => {
    const { page, replies } = await open('#/missions')
    const reply = replies.get('/api/missions/m1')
    replies.set('/api/missions/m1', NEVER)
    await page.getByRole('link', { name: 'Mission m1', exact: true }).click()
    await page.locator('main').getByText('Waiting for an answer from the dashboard').waitFor()
    expect(await page.getByTestId('connection').textContent()).toBe('Waiting for an answer')
    replies.set('/api/missions/m1', reply)
    await page.evaluate('location.hash = "#/missions"')
    await page.getByTestId('connection').getByText('Live').waitFor()
  })

  it('begins a board on the first half of a small screen', async () => {
    const { page } = await open('#/missions/m0')
    await page.setViewportSize({ width: 400, height: 800 })
    expect((await page.locator('.board').boundingBox())?.y).toBeLessThan(400)
  })

  it('says on paper of which project it is, and when it was printed', async () => {
    const { page } = await open('#/missions/m0')
    const head = page.locator('.printed')
    expect(await head.isVisible()).toBe(false)
    await page.emulateMedia({ media: 'print' })
    expect(await head.isVisible()).toBe(true)
    await expect.poll(() => head.textContent(), PATIENT).toContain('atlas, ')
    expect(await head.textContent()).toContain(String(new Date().getFullYear()))
    expect(await page.locator('.top-bar').isVisible()).toBe(false)
  })
})

/** The browser's own, for what runs in the page. */
declare const document: { activeElement: unknown }
declare function getComputedStyle(element: unknown): { filter: string; borderBottomColor: string }

function topOf(link: Locator): Promise<number> {
  return link.evaluate((one) => Math.round(one.getBoundingClientRect().top))
}

/** Clicks a link, and returns where it stood at that moment: rows that are seen for the first time may move it until then. */
async function topAtClick(link: Locator): Promise<number> {
  const stood = link.evaluate(
    (one) =>
      new Promise<number>((resolve) =>
        one.addEventListener('click', () => resolve(Math.round(one.getBoundingClientRect().top))),
      ),
  )
  await link.click()
  return stood
}

function scrollOf(page: Page): Promise<number> {
  return page.evaluate('scrollY')
}
