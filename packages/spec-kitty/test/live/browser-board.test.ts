import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { everyLane, oneMission } from '../helpers/projects.js'

/** What the board, a card, and the documents of a mission show, from the files of a project to the screen. */
describe.skipIf(lacksChromium())('the board in a browser', () => {
  let lanes: Dashboard
  let mission: Dashboard
  let page: Page
  let complaints: readonly string[]

  const here = useBrowser()
  beforeAll(async () => {
    lanes = await here.desk.start(everyLane())
    mission = await here.desk.start(oneMission())
    ;({ page, complaints } = await openPage(here.browser))
  })

  it('puts every lane into its column, hides genesis, and names an unknown lane', async () => {
    await page.goto(`${lanes.url}#/missions/002-lanes`)
    await page.locator('[data-card]').first().waitFor()
    const columns = await page
      .getByRole('region')
      .evaluateAll((regions) =>
        regions.map((region) => [
          region.getAttribute('aria-label'),
          [...region.querySelectorAll('[data-card]')].map(
            (card) => `${card.getAttribute('data-card')} ${card.getAttribute('data-lane')}`,
          ),
          region.querySelector('h2 .number')?.textContent ?? null,
        ]),
      )
    expect(columns).toEqual([
      ['Problems', [], null],
      ['Unknown lane', ['WP11 teleported'], '1'],
      ['Planned', ['WP02 planned', 'WP03 blocked'], '2'],
      ['Doing', ['WP04 claimed', 'WP05 in_progress'], '2'],
      ['For review', ['WP06 for_review', 'WP07 in_review'], '2'],
      ['Approved', ['WP08 approved'], '1'],
      ['Done', ['WP09 done', 'WP10 canceled'], '1'],
    ])
    expect(await page.getByRole('region', { name: 'Problems' }).textContent()).toContain('teleported')
    expect(complaints).toEqual([])
  })

  it('shows the progress that the weights of the lanes give', async () => {
    // Planned, blocked and an unknown lane count 0; canceled and genesis do not count.
    const expected = Math.round(((0.05 + 0.3 + 0.6 + 0.7 + 0.8 + 1) / 9) * 100)
    for (const [view, shown] of [
      ['#/missions', '.mission-row'],
      ['#/missions/002-lanes', '[data-card]'],
    ] as const) {
      await page.goto(`${lanes.url}${view}`)
      await page.locator(shown).first().waitFor()
      const bar = page.getByRole('progressbar', { name: 'Progress' })
      await bar.waitFor()
      expect(await bar.getAttribute('aria-valuenow')).toBe(String(expected))
      expect(await bar.getAttribute('aria-valuetext')).toBe(
        `${expected} %: 2 planned, 2 doing, 2 for review, 1 approved, 1 done, 1 canceled, 1 in an unknown lane`,
      )
    }
  })

  it('opens the prompt of a card, with what its front matter says', async () => {
    await page.goto(`${mission.url}#/missions/001-start`)
    await page.getByRole('link', { name: 'WP02 Go on' }).click()
    const dialog = page.getByRole('dialog', { name: 'WP02 Go on' })
    await dialog.getByTestId('document').waitFor()
    expect(await dialog.getByTestId('document').textContent()).toContain('Do it.')
    expect(await dialog.locator('.facts').innerText()).toMatch(/In progress[^]*ada[^]*WP01[^]*Done/)
    await dialog.locator('.facts').getByRole('link', { name: 'WP01' }).click()
    const other = page.getByRole('dialog', { name: 'WP01 Begin' })
    await other.getByTestId('document').waitFor()
    expect(await other.locator('.facts').innerText()).toMatch(/T001[^]*T002/)
    await page.reload()
    await other.getByTestId('document').waitFor()
    await other.getByRole('button', { name: 'Close' }).click()
    await other.waitFor({ state: 'detached' })
    expect(new URL(page.url()).hash).toBe('#/missions/001-start')
    expect(complaints).toEqual([])
  })

  it('lists the documents of a mission in reading order, and shows each', async () => {
    await page.goto(`${mission.url}#/missions/001-start`)
    await page.getByRole('link', { name: 'Documents, 13 files' }).click()
    const shelf = page.getByRole('navigation', { name: 'Documents' })
    await shelf.waitFor()
    expect(await shelf.getByRole('link').allTextContents()).toEqual([
      'spec.md',
      'plan.md',
      'tasks.md',
      'research.md',
      'data-model.md',
      'quickstart.md',
      'requirements.md',
      'api.yaml',
      'changed.json',
      'README.md',
      'WP01-begin.md',
      'WP02-go-on.md',
      'WP10-end.md',
    ])
    const shown = page.getByTestId('document')
    await shown.getByRole('heading', { name: 'Spec', exact: true }).waitFor()
    await shelf.getByRole('link', { name: 'api.yaml' }).click()
    await page.getByText('openapi: 3.1.0').waitFor()
    await page.goBack()
    await shown.getByRole('heading', { name: 'Spec', exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  it('answers what is not there with words, and stays live', async () => {
    for (const [place, words] of [
      ['#/missions/999-gone', 'This mission is not there'],
      ['#/missions/001-start/nothing.md', 'This document is not there'],
      ['#/missions/001-start?card=WP99', 'This work package is not there'],
      ['#/somewhere/else', 'There is no such page'],
    ] as const) {
      await page.goto(`${mission.url}${place}`)
      await page.getByText(words).waitFor()
      await untilLive(page)
    }
  })
})
