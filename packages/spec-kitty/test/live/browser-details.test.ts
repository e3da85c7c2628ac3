import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, PATIENT, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { everyLane, largeProject, oneMission, prompt, writeMission } from '../helpers/projects.js'

/** The browser's own, for what runs in the page. */
declare function getComputedStyle(
  element: unknown,
  pseudo?: string | null,
): { getPropertyValue(name: string): string }

const SMALL = { width: 400, height: 800 }
const WIDE = { width: 1280, height: 800 }

/** How a view is looked at. */
interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: typeof WIDE
}

const COLUMNS = ['planned', 'doing', 'for_review', 'approved', 'done']

/** What the eye has to be told: what a colour means, what is done, that a list goes on, where a title stands. */
describe.skipIf(lacksChromium())('details in a browser', () => {
  let lanes: Dashboard
  let mission: Dashboard
  let page: Page

  const here = useBrowser()
  beforeAll(async () => {
    const project = oneMission()
    writeMission(project, '001-start', {
      'spec.md': '# One\n\n## Two\n\n### Three\n\n#### Four\n\n##### Five\n\n###### Six\n\n[down](#two)\n',
      'tasks/WP11-more.md': prompt('WP11', 'More'),
    })
    lanes = await here.desk.start(everyLane())
    mission = await here.desk.start(project)
    page = (await openPage(here.browser)).page
  })

  /** Loads a view anew in the one page of these tests. */
  async function open(url: string, shown: string, options: Look = {}) {
    const { colorScheme = 'light', viewport = WIDE } = options
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme })
    await page.setViewportSize(viewport)
    await page.goto(url)
    await page.reload()
    await page.locator(shown).first().waitFor()
  }

  it.each(['light', 'dark'] as const)(
    'has legend, counts and bar in the order and colours of the columns: %s',
    async (colorScheme) => {
      await open(`${lanes.url}#/missions`, '.mission-row', { colorScheme })
      expect(await page.locator('.legend .count').allTextContents()).toEqual([
        'Planned',
        'Doing',
        'For review',
        'Approved',
        'Done',
      ])
      expect(await page.locator('.mission-row .count').allTextContents()).toEqual(['2', '2', '2', '1', '1'])
      const legend = await coloursOf(page, '.legend .count', 'background-color')
      expect(Object.keys(legend)).toEqual(COLUMNS)
      expect(new Set(Object.values(legend)).size).toBe(COLUMNS.length)
      expect(await coloursOf(page, '.mission-row .count', 'background-color')).toEqual(legend)
      // The bar is as long as the progress: what is planned is what is missing.
      const { planned, ...begun } = legend
      expect(planned).toBeDefined()
      expect(await coloursOf(page, '.segment', 'fill')).toEqual(begun)
      const from = await page
        .locator('.segment')
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().x))
      expect(from).toEqual(from.toSorted((one, other) => one - other))
      await page.goto(`${lanes.url}#/missions/002-lanes`)
      await page.locator('[data-card]').first().waitFor()
      expect(await coloursOf(page, '.column', 'background-color', 'h2')).toEqual(legend)
    },
  )

  it('checks off what is done, and strikes out only what is canceled', async () => {
    await open(`${mission.url}#/missions/001-start`, '[data-card]')
    const needs = page.locator('[data-card=WP10] .card-needs .id')
    const looks = await needs.evaluateAll((all) =>
      all.map((one) => [
        one.textContent,
        getComputedStyle(one, '::before').getPropertyValue('content').includes('\u2713'),
        getComputedStyle(one).getPropertyValue('text-decoration-line'),
      ]),
    )
    expect(looks).toEqual([
      ['WP01 (done)', true, 'none'],
      ['WP02 (not done yet)', false, 'none'],
    ])
    await page.goto(`${lanes.url}#/missions/002-lanes`)
    const canceled = page.locator('[data-card][data-lane=canceled] .title')
    await canceled.waitFor()
    expect(
      await canceled.evaluate((title) => getComputedStyle(title).getPropertyValue('text-decoration-line')),
    ).toBe('line-through')
  })

  it('has one title a page: a document begins a level below', async () => {
    await open(`${mission.url}#/missions/001-start/spec.md`, '[data-testid=document]')
    expect(await page.locator('h1').allTextContents()).toEqual(['Start here'])
    const headings = page.getByTestId('document').locator('h2, h3, h4, h5, h6')
    expect(
      await headings.evaluateAll((all) => all.map((one) => `${one.tagName} ${one.textContent}`)),
    ).toEqual(['H2 One', 'H3 Two', 'H4 Three', 'H5 Four', 'H6 Five', 'H6 Six'])
    const sizes = await headings.evaluateAll((all) =>
      all.map((one) => getComputedStyle(one).getPropertyValue('font-size')),
    )
    expect(sizes).toEqual(['23px', '19px', '16.5px', '15px', '15px', '15px'])
    await page.getByRole('link', { name: 'down' }).click()
    await expect.poll(() => page.evaluate('document.activeElement.textContent'), PATIENT).toBe('Two')
  })

  it.each(['light', 'dark'] as const)(
    'shows on a small screen that the shelf goes on: %s',
    async (colorScheme) => {
      const view = `${mission.url}#/missions/001-start/spec.md`
      await open(view, '[data-testid=document]', { viewport: SMALL, colorScheme })
      const shelf = page.locator('.shelf')
      const begin = await edgesOf(page)
      await shelf.evaluate((list) => list.scrollTo(0, list.scrollHeight))
      const end = await edgesOf(page)
      expect(begin.top).not.toEqual(end.top)
      expect(begin.bottom).not.toEqual(end.bottom)
    },
  )

  it.each(['light', 'dark'] as const)('has an icon that can be seen: %s', async (colorScheme) => {
    await open(mission.url, '.brand img', { colorScheme })
    const icon = await (await fetch(`${mission.url}icon.svg`)).text()
    const [, red, green, blue] = /fill="#(..)(..)(..)"/.exec(icon) ?? []
    const colour = [red, green, blue].map((part) => Number.parseInt(part ?? '', 16))
    const background = await page
      .locator('.top')
      .evaluate((top) => getComputedStyle(top).getPropertyValue('background-color'))
    expect(contrast(colour, background.match(/\d+/g)?.map(Number) ?? [])).toBeGreaterThan(3.5)
  })

  it('has a field to find a mission as wide as the list on a small screen', async () => {
    const { url } = await here.desk.start(largeProject(9, 1))
    await open(`${url}#/missions`, '.mission-row', { viewport: SMALL })
    const widths = await page
      .locator('.filter input, .missions')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width))
    expect(widths).toHaveLength(2)
    expect(widths[0]).toBe(widths[1])
  })
})

/** Returns the colour of each column in some elements, in their order; a background is that of the sign before them. */
function coloursOf(page: Page, selector: string, property: 'fill' | 'background-color', inside = '') {
  return page.locator(selector).evaluateAll(
    (all, [name, child]) =>
      Object.fromEntries(
        all.map((element) => {
          const drawn = child === '' ? element : (element.querySelector(child) ?? element)
          const style = getComputedStyle(drawn, name === 'fill' ? null : '::before')
          return [element.getAttribute('data-column') ?? '', style.getPropertyValue(name)]
        }),
      ),
    [property, inside] as const,
  )
}

/** Returns the contrast of two colours as WCAG 2 has it. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (bright + 0.05) / (dark + 0.05)
}

function luminance(colour: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) =>
    part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Returns what is drawn at the upper and lower edge of the shelf, beside its text. */
async function edgesOf(page: Page) {
  const box = await page.locator('.shelf').boundingBox()
  if (box === null) throw new Error('there is no shelf')
  const clip = { x: box.x + box.width / 2, width: 4, height: 2 }
  const [top, bottom] = [
    await page.screenshot({ clip: { ...clip, y: box.y + 2 } }),
    await page.screenshot({ clip: { ...clip, y: box.y + box.height - 4 } }),
  ]
  return { top, bottom }
}
