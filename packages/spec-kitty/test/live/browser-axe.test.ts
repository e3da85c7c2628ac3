import { beforeAll, describe, expect, it } from 'vitest'
import { writeExampleProject } from '../../../../scripts/example-projects.mjs'
import { violationsOf } from '../helpers/axe.js'
import { lacksChromium, openPage, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject } from '../helpers/projects.js'
import { VIEWS } from '../helpers/views.js'

const WIDTHS = [1280, 800, 400]

/** axe-core's rules, on every view at every width in both themes; browser-useful.test.ts has what it cannot see. */
describe.skipIf(lacksChromium())('axe', () => {
  let dashboard: Dashboard

  const here = useBrowser()
  beforeAll(async () => {
    const project = emptyProject()
    writeExampleProject(project)
    dashboard = await here.desk.start(project)
  })

  it.each(VIEWS)('finds nothing in %s', { timeout: 180_000 }, async (_, view, shown) => {
    const { page, complaints } = await openPage(here.browser, { reducedMotion: 'reduce' })
    await page.goto(`${dashboard.url}${view}`)
    await page.locator(shown).first().waitFor()
    await untilLive(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 })
        expect([colorScheme, width, await violationsOf(page)]).toEqual([colorScheme, width, []])
      }
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('finds nothing in the search', { timeout: 180_000 }, async () => {
    const { page } = await openPage(here.browser, { reducedMotion: 'reduce' })
    await page.goto(dashboard.url)
    await untilLive(page)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('queue')
    await page.locator('.search-results li').first().waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 })
        expect([colorScheme, width, await violationsOf(page)]).toEqual([colorScheme, width, []])
      }
    }
    await page.context().close()
  })
})
