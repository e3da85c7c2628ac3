import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, PATIENT, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { everyLane } from '../helpers/projects.js'

/** Everything can be reached and used with the keyboard alone, and one always sees where one is. */
describe.skipIf(lacksChromium())('the page with the keyboard alone', () => {
  let dashboard: Dashboard
  let page: Page
  let complaints: readonly string[]

  const here = useBrowser()
  beforeAll(async () => {
    dashboard = await here.desk.start(everyLane())
    ;({ page, complaints } = await openPage(here.browser))
  })

  /** Loads a view anew: nothing has the focus, and the first Tab goes to the first thing of the page. */
  async function load(view: string): Promise<void> {
    await page.goto(`${dashboard.url}${view}`)
    await page.reload()
  }

  it('goes from the list to a prompt and back, and gives the focus back', async () => {
    await load('#/missions')
    await page.getByRole('link', { name: '002-lanes' }).waitFor()
    await tabTo(page, '002-lanes')
    await page.keyboard.press('Enter')
    await page.locator('[data-card]').first().waitFor()
    await tabTo(page, 'WP02 planned')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'WP02 planned' })
    await dialog.getByTestId('document').waitFor()
    for (let presses = 0; presses < 8; presses += 1) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(IS_FOCUS_INSIDE)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => focused(page), PATIENT).toBe('WP02 planned')
    expect(await isFocusSeen(page)).toBe(true)
    expect(complaints).toEqual([])
  })

  it('goes from card to card with the arrow keys', async () => {
    await load('#/missions/002-lanes')
    await page.locator('[data-card]').first().waitFor()
    await tabTo(page, 'WP02 planned')
    for (const [key, card] of [
      ['ArrowLeft', 'WP11 teleported'],
      ['ArrowRight', 'WP02 planned'],
      ['ArrowDown', 'WP03 blocked'],
      ['ArrowDown', 'WP03 blocked'],
      ['ArrowRight', 'WP05 in_progress'],
      ['ArrowUp', 'WP04 claimed'],
      ['ArrowRight', 'WP06 for_review'],
      ['ArrowRight', 'WP08 approved'],
      ['ArrowRight', 'WP09 done'],
      ['ArrowRight', 'WP09 done'],
      ['ArrowLeft', 'WP08 approved'],
    ] as const) {
      await page.keyboard.press(key)
      expect([key, await focused(page)]).toEqual([key, card])
      expect([key, await isFocusSeen(page)]).toEqual([key, true])
    }
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'WP08 approved' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => focused(page), PATIENT).toBe('WP08 approved')
  })

  it.each([
    ['#/', '.now-row'],
    ['#/missions', '[aria-label=Missions] a'],
    ['#/missions/002-lanes', '[data-card]'],
    ['#/missions/002-lanes/', '[data-testid=document]'],
    ['#/daemons', 'article'],
  ])('shows the focus on everything that takes it in %s', async (view, shown) => {
    await load(view)
    await page.locator(shown).first().waitFor()
    const unseen: string[] = []
    const names = await tabThrough(page, async (name) => {
      if (!(await isFocusSeen(page))) unseen.push(name)
    })
    expect(names[0]).toBe('Skip to the content')
    expect(names).toEqual(expect.arrayContaining(['Missions', 'Daemons']))
    expect(unseen).toEqual([])
  })

  it('skips to the content, and gives a new view the focus', async () => {
    await load('#/missions')
    await page.getByRole('link', { name: '002-lanes' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('002-lanes')
    await page.keyboard.press('Enter')
    await page.locator('[data-card]').first().waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
  })
})

/** In the dialog, or in the browser around the page: nothing behind the dialog can be reached. */
const IS_FOCUS_INSIDE = `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`

const MAX_PRESSES = 60

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < MAX_PRESSES; presses += 1) {
    await page.keyboard.press('Tab')
    if ((await focused(page)) === name) return
  }
  throw new Error(`${MAX_PRESSES} presses of Tab do not reach ${name}`)
}

/** Presses Tab until the focus has left the page, and returns where it was. */
async function tabThrough(page: Page, scan: (name: string) => Promise<void>): Promise<readonly string[]> {
  const names: string[] = []
  for (let presses = 0; presses < MAX_PRESSES; presses += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate('document.activeElement === document.body')) return names
    const name = await focused(page)
    if (names.length > 1 && name === names[0]) return names
    names.push(name)
    await scan(name)
  }
  throw new Error(`${MAX_PRESSES} presses of Tab do not leave the page`)
}

/** Returns what the focused element says. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`(document.activeElement.getAttribute('aria-label')
    ?? document.activeElement.innerText).trim().replaceAll(/\\s+/g, ' ')`)
}

/** Returns whether the focused element is on the screen and has an outline that can be seen, itself or drawn for it. */
function isFocusSeen(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const at = document.activeElement
    const box = at.getBoundingClientRect()
    const isOnScreen = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
    const isDrawn = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    const around = at.closest('.card, .mission-row, .now-row')
    const styles = [getComputedStyle(at), getComputedStyle(at, '::after'),
      ...(around === null ? [] : [getComputedStyle(around)])]
    return at.matches(':focus-visible') && isOnScreen && styles.some(isDrawn)
  })()`)
}
