import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeExampleProject } from '../../../../scripts/example-projects.mjs'
import { lacksChromium, openPage, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, laneEvent, prompt, writeMission } from '../helpers/projects.js'
import { VIEWS } from '../helpers/views.js'

const LONG = 'Rework authentication, import and scheduling so that tenants move without downtime'
const REASON = 'The staging system has no credentials; the vendor has them since last week.'
const MISSION = '#/missions/002-offline-queue'

/** What a designer would look for: what matters is not cut, equal things line up, and a finger hits what it points at. */
describe.skipIf(lacksChromium())('the design of the page', () => {
  let example: Dashboard
  let long: Dashboard
  let alone: Dashboard
  let page: Page

  const here = useBrowser()
  beforeAll(async () => {
    const project = emptyProject()
    writeExampleProject(project)
    example = await here.desk.start(project)
    long = await here.desk.start(longTitles())
    alone = await here.desk.start(withoutDependencies())
    page = (await openPage(here.browser, { reducedMotion: 'reduce' })).page
  })

  async function show(url: string, shown: string, width = 1280): Promise<void> {
    await page.setViewportSize({ width, height: 800 })
    await page.goto(url)
    await page.reload()
    await page.locator(shown).first().waitFor()
    await untilLive(page)
  }

  it.each([1280, 800, 400])(
    'shows in %i px why a row waits, however long its mission is named',
    async (width) => {
      await show(`${long.url}#/`, '.now-row', width)
      const row = page.locator('[data-package=WP04]')
      const isWhole = await row
        .locator('.now-what p')
        .evaluate((one) => one.scrollHeight <= one.clientHeight + 1)
      expect([await row.textContent(), isWhole]).toEqual([expect.stringContaining(REASON), true])
    },
  )

  it('has rows of at most 90 px on a tablet', async () => {
    await show(`${example.url}#/`, '.now-row', 768)
    const rows = page.locator('.now-row:not(.is-merge, :has(.left))')
    expect(Math.max(...(await heightsOf(rows)))).toBeLessThanOrEqual(90)
  })

  it('has the counts of a list in columns of one width, each below its name', async () => {
    await show(`${example.url}#/missions`, '.mission-row', 1280)
    const rights = await page
      .locator('.legend-columns > *')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().right)))
    const steps = rights.slice(1).map((right, at) => right - (rights[at] ?? 0))
    expect(new Set(steps)).toEqual(new Set([72]))
    for (const row of await page.locator('.mission-row .counts').all()) {
      const counts = await row
        .locator('> *')
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().right)))
      expect(counts).toEqual(rights)
    }
    const spaces: readonly number[] = await page.evaluate(SPACES)
    expect(Math.min(...spaces)).toBeGreaterThanOrEqual(10)
    const heads = await heightsOf(page.locator('.list-section > header'))
    expect(Math.max(...heads)).toBeLessThanOrEqual(28)
  })

  it.each(VIEWS)('has nothing in %s that a finger could miss', async (_, view, shown) => {
    await show(`${example.url}${view}`, shown, 400)
    expect(await page.evaluate(SMALL)).toEqual([])
  })

  it.each([
    [1280, 305],
    [400, 395],
  ])('in %i px shows the first card of a board within %i px', async (width, most) => {
    await show(`${example.url}${MISSION}`, '[data-card]', width)
    const board = await page.locator('.board').boundingBox()
    expect(board?.y).toBeLessThanOrEqual(most)
  })

  it.each([
    [400, 96],
    [600, 64],
    [640, 64],
    [800, 64],
    [1280, 64],
  ])('in %i px has a header of at most %i px, however long the project is named', async (width, most) => {
    await show(`${example.url}#/missions`, '.mission-row', width)
    expect((await page.locator('.top').boundingBox())?.height).toBeLessThanOrEqual(most)
  })

  it('says once that a mission has no work packages', async () => {
    await show(`${example.url}#/missions/004-audit-log`, '.notice')
    expect((await page.locator('.mission-head').innerText()).match(/no work packages/gi)).toHaveLength(1)
  })

  it.each([1280, 400])(
    'says in %i px how long what is in work has taken, in a table that fits',
    async (width) => {
      await show(`${example.url}#/flow/002-offline-queue`, '.chart', width)
      const table = page.getByRole('group', { name: 'Cycle times' })
      const row = table.getByRole('row').filter({ hasText: 'WP06' })
      expect(await row.innerText()).toMatch(/\d+ (?:h|d) so far/)
      expect(await table.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
      expect(await page.locator('.chart-line').count()).toBe(3)
    },
  )

  it('draws packages without dependencies side by side, and reaches them by arrow keys', async () => {
    await show(`${alone.url}#/missions/020-alone?as=graph`, '.box')
    const drawing = await page.locator('.graph-drawing').boundingBox()
    expect(drawing?.height).toBeLessThanOrEqual(270)
    await page.locator('.box[data-card-link=WP01]').focus()
    for (const [key, card] of [
      ['ArrowRight', 'WP02'],
      ['ArrowDown', 'WP06'],
      ['ArrowLeft', 'WP05'],
    ] as const) {
      await page.keyboard.press(key)
      expect([key, await page.evaluate('document.activeElement.dataset.cardLink')]).toEqual([key, card])
    }
    expect(await page.getByText('needs nothing').count()).toBe(0)
    await show(`${example.url}${MISSION}?as=graph`, '.box')
    const rights = await page
      .locator('.graph-list .lane')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().right)))
    expect(new Set(rights).size).toBe(1)
  })

  it('has columns of one width, whatever is in them', async () => {
    for (const url of [`${example.url}${MISSION}`, `${long.url}#/missions/010-long`]) {
      await show(url, '[data-card]')
      const widths = await page
        .locator('.column:not(.is-empty)')
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().width)))
      expect([url, new Set(widths).size]).toEqual([url, 1])
    }
  })

  it('leaves out the empty columns of a group on a phone, and keeps their places elsewhere', async () => {
    for (const [width, columns] of [
      [1280, 5],
      [400, 3],
    ] as const) {
      await show(`${example.url}${MISSION}?group=agent`, '[data-card]', width)
      const group = page.getByRole('group', { name: 'badger' })
      expect([width, await group.locator('.column:visible').count()]).toEqual([width, columns])
    }
  })

  it('has what is in no column side by side above the board', async () => {
    await show(`${long.url}#/missions/010-long`, '[data-card]')
    const tops = await page
      .locator('.aside')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)))
    expect([tops.length, new Set(tops).size]).toEqual([2, 1])
  })

  it.each([1280, 400])('has in %i px each command beside the button that copies it', async (width) => {
    await show(`${example.url}#/`, '.now-row', width)
    for (const remedy of await page.locator('.now-row > .remedy').all()) {
      const [command, button] = [
        await remedy.locator('code').boundingBox(),
        await remedy.locator('button').boundingBox(),
      ]
      expect(button?.x).toBeGreaterThanOrEqual((command?.x ?? 0) + (command?.width ?? 0))
    }
  })

  it('shows a command as such, also in the row that is pointed at', async () => {
    await show(`${example.url}#/`, '.now-row')
    const row = page.locator('.now-row[data-package=WP09]')
    await row.hover()
    const colours = await row.evaluate((one) =>
      [one, one.querySelector('.remedy')].map((each) =>
        getComputedStyle(each).getPropertyValue('background-color'),
      ),
    )
    expect(new Set(colours).size).toBe(2)
  })

  it('has rows of daemons of at most 104 px, and their facts in one line on a phone', async () => {
    await show(`${example.url}#/daemons`, 'article')
    const rows = page.locator('.daemon:not(:has(.remedy))')
    expect(Math.max(...(await heightsOf(rows)))).toBeLessThanOrEqual(104)
    await page.setViewportSize({ width: 400, height: 800 })
    const tops = await page
      .locator('.daemon')
      .first()
      .locator('[data-fact]:not(.is-path)')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
    expect(new Set(tops).size).toBe(1)
  })

  it('has the short facts of a package in two columns on a phone', async () => {
    await show(`${example.url}${MISSION}?card=WP06`, 'dialog [data-testid=document]', 400)
    const tops = await page
      .locator('.facts > .is-short')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)))
    expect(new Set(tops).size).toBe(tops.length / 2)
  })

  it('prints no grey areas and nothing that can only be unfolded on a screen', async () => {
    const { page: paper } = await openPage(here.browser)
    await paper.emulateMedia({ media: 'print' })
    await paper.goto(`${example.url}#/`)
    await paper.locator('.now-row').first().waitFor()
    for (const part of ['.left', '.meanings'])
      expect([part, await paper.locator(part).first().isVisible()]).toEqual([part, false])
    await paper.goto(`${example.url}#/flow/002-offline-queue`)
    await paper.locator('.figures').first().waitFor()
    const drawn = await paper
      .locator('.wide')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).getPropertyValue('background-image')))
    expect(drawn).toEqual(['none', 'none'])
    await paper.context().close()
  })

  it('tells the results of a search apart: kind, hit, and what Enter opens', async () => {
    await show(`${example.url}#/`, '.now-row')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('QUEUE')
    const results = page.locator('.search-results a')
    await results.first().waitFor()
    expect(Math.max(...(await heightsOf(results)))).toBeLessThanOrEqual(62)
    const kinds = page.locator('.search-results a > .quiet:not(.search-snippet)')
    const rights = await kinds.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right))
    expect(new Set(rights.map(Math.round)).size).toBe(1)
    expect(new Set(await page.locator('.search-results mark').allTextContents())).toEqual(new Set(['queue']))
    const [first, second] = await results.evaluateAll((all) =>
      all.map((one) => getComputedStyle(one).getPropertyValue('background-color')),
    )
    expect(first).not.toBe(second)
    const place = await results.first().getAttribute('href')
    await page.keyboard.press('Enter')
    await page.locator('[data-card]').first().waitFor()
    expect(new URL(page.url()).hash).toBe(place)
  })

  it('says in a list for how long, what is ready and what waits, in rows of one height', async () => {
    await show(`${example.url}${MISSION}?as=list`, '[data-card]')
    const row = (id: string) => page.locator(`[data-card=${id}]`).innerText()
    expect(await row('WP07')).toMatch(/Claimed[^]*Not running here[^]*for 18 h/)
    expect(await row('WP09')).toMatch(/Planned[^]*Ready/)
    expect(await row('WP08')).toMatch(/Blocked[^]*waiting for[^]*WP06/)
    expect(new Set(await heightsOf(page.locator('[data-card]:not(:first-child)'))).size).toBe(1)
  })

  it('has cards of at most six lines, each phase on one', async () => {
    await show(`${long.url}#/missions/010-long`, '[data-card]')
    expect(Math.max(...(await heightsOf(page.locator('.phase'))))).toBeLessThanOrEqual(20)
    await show(`${example.url}${MISSION}`, '[data-card]')
    expect(Math.max(...(await heightsOf(page.locator('[data-card]'))))).toBeLessThanOrEqual(145)
  })
})

/** The browser's own, for what runs in the page. */
declare function getComputedStyle(element: unknown): { getPropertyValue(name: string): string }

/** What can be pointed at and is less than 40 pixels high, but for links within a text. */
const SMALL = `[...document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]')].filter((one) => {
  if (!one.checkVisibility() || one.closest('.prose, .skip, .visually-hidden, dialog:not([open]), svg') !== null) return false
  const around = one.matches('.stretched, label > *') ? one.offsetParent ?? one : one
  return around.getBoundingClientRect().height < 39.5
}).map((one) => one.outerHTML.slice(0, 120))`

/** How many pixels there are between the names of the columns of counts. */
const SPACES = `[...document.querySelectorAll('.legend-columns > *')].map((head) => {
  const range = document.createRange()
  range.selectNodeContents(head)
  return range.getBoundingClientRect()
}).flatMap(({ left }, at, all) => at === 0 ? [] : [left - all[at - 1].right])`

/** Returns the heights of some elements in whole pixels. */
function heightsOf(elements: ReturnType<Page['locator']>): Promise<readonly number[]> {
  return elements.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height)))
}

/** A mission with long titles, and a package that is blocked for a long reason. */
function longTitles(): string {
  const project = emptyProject()
  writeMission(project, '010-long', {
    'meta.json': JSON.stringify({ title: LONG, purpose_tldr: `${LONG}. ${LONG}.` }),
    'tasks/WP04-work.md': prompt('WP04', 'API', `phase: ${JSON.stringify(LONG)}\n`),
    'tasks/WP05-work.md': prompt('WP05', LONG, 'phase: Roll-out\ndependencies: [WP04, WP06]\n'),
    'tasks/WP06-work.md': prompt('WP06', 'Docs', `phase: Roll-out\nagent: ${'agent'.repeat(20)}\n`),
    'tasks/WP07-work.md': prompt('WP07', 'Not finalised'),
    'tasks/WP08-work.md': prompt('WP08', 'In a lane of the future'),
    'status.events.jsonl': [
      laneEvent(1, 'WP04', 'blocked', { reason: REASON }),
      laneEvent(2, 'WP05', 'planned'),
      laneEvent(3, 'WP06', 'in_progress'),
      laneEvent(4, 'WP08', 'teleported'),
    ].join(''),
  })
  return project
}

/** A mission with twelve packages of which none needs another one. */
function withoutDependencies(): string {
  const project = emptyProject()
  const ids = Array.from({ length: 12 }, (_, at) => `WP${String(at + 1).padStart(2, '0')}`)
  writeMission(project, '020-alone', {
    ...Object.fromEntries(ids.map((id) => [`tasks/${id}-work.md`, prompt(id, `Work of ${id}`)])),
    'status.events.jsonl': ids.map((id, at) => laneEvent(at, id, 'planned')).join(''),
  })
  return project
}
