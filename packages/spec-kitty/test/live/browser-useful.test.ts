import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeExampleProject } from '../../../../scripts/example-projects.mjs'
import { violationsOf } from '../helpers/axe.js'
import { lacksChromium, openPage, PATIENT, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, laneEvent, prompt, writeMission } from '../helpers/projects.js'

const MISSION = '#/missions/002-offline-queue'

/**
 * What the views answer, by keyboard alone, and what a checker of rules cannot see. One page goes from view to view; the
 * last three tests change the project.
 */
describe.skipIf(lacksChromium())('a useful page', () => {
  let dashboard: Dashboard
  let page: Page
  let complaints: readonly string[]
  let log: string

  const here = useBrowser()
  beforeAll(async () => {
    const project = emptyProject()
    writeExampleProject(project)
    log = join(project, 'kitty-specs/002-offline-queue/status.events.jsonl')
    dashboard = await here.desk.start(project)
    ;({ page, complaints } = await openPage(here.browser))
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.addInitScript(NOTE_NOTIFICATIONS)
  })
  afterAll(() => expect(complaints).toEqual([]))

  async function show(view: string, shown: string): Promise<void> {
    await page.goto(`${dashboard.url}${view}`)
    await page.locator(shown).first().waitFor()
    await untilLive(page)
  }

  it('begins with who works, who is stalled, and what waits for you', async () => {
    await show('#/', '.now-row')
    const rows = (name: string) =>
      page
        .getByRole('region', { name })
        .locator('[data-package]')
        .evaluateAll((all) =>
          all.map((row) => `${row.getAttribute('data-package')} ${row.querySelector('.mark')?.textContent}`),
        )
    expect(await rows('Waiting for you')).toEqual(['WP05 For review', 'WP08 Blocked'])
    expect(await rows('Stalled')).toEqual(['WP07 Not running here'])
    expect((await rows('At work')).toSorted()).toEqual(['WP02 Unknown', 'WP04 Running', 'WP06 Running'])
    const merging = page.getByRole('region', { name: 'Ready to merge' })
    expect(await merging.textContent()).toContain('approved, waiting for merge')
    const worker = page.getByRole('region', { name: 'At work' }).locator('[data-package=WP06]')
    expect(await worker.textContent()).toMatch(
      /badger[^]*large-1, implementer[^]*2 of 3 subtasks[^]*for \d+ h/,
    )
    expect(await page.title()).toBe('(3) Now · spec-kitty dashboard')
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toContain('data:image/svg+xml')
    expect(await violationsOf(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('filters the list by keyboard, keeps the choice on "back", and says how many there are', async () => {
    await show('#/missions?lane=approved', '.mission-row')
    const titles = () => page.locator('.mission-row h3').allTextContents()
    expect(await titles()).toHaveLength(3)
    await page.keyboard.press('/')
    await page.keyboard.type('release')
    await expect.poll(titles, PATIENT).toEqual(['Release notes from merged missions'])
    expect(new URL(page.url()).hash).toBe('#/missions?text=release&lane=approved')
    await page.getByTestId('announcements').getByText('1 of 5 missions').waitFor({ state: 'attached' })
    await page.getByRole('link', { name: 'Release notes' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-card]').first().waitFor()
    await page.goBack()
    await expect.poll(titles, PATIENT).toEqual(['Release notes from merged missions'])
    expect(await page.getByLabel('Find a mission').inputValue()).toBe('release')
    expect(await violationsOf(page)).toEqual([])
  })

  it('has sections, states in words, rows of 44 px, and Home and End', async () => {
    await show('#/missions', '.mission-row')
    const sections = page.locator('[data-section]')
    expect(await sections.locator('h2').allTextContents()).toEqual([
      'Active 2',
      'Waiting for you 2',
      'Finished 1',
    ])
    expect(await page.locator('.state').allTextContents()).toContain('approved, waiting for merge')
    const heights = await page
      .locator('.mission-row')
      .evaluateAll((all) => all.map((row) => Math.round(row.getBoundingClientRect().height)))
    expect(Math.max(...heights)).toBeLessThanOrEqual(46)
    await page.locator('[data-row-link]').nth(1).focus()
    for (const [key, at] of [
      ['End', 4],
      ['ArrowUp', 3],
      ['Home', 0],
      ['ArrowDown', 1],
    ] as const) {
      await page.keyboard.press(key)
      expect([key, await page.evaluate(FOCUSED_ROW)]).toEqual([key, at])
    }
  })

  it('collapses empty columns, lists a finished mission, and groups by agent', async () => {
    await show('#/missions/003-import-wizard', '[data-card]')
    const widths = await page
      .locator('.column')
      .evaluateAll((all) => all.map((one) => [one.getAttribute('data-column'), one.clientWidth] as const))
    const narrow = widths.filter(([, width]) => width < 60).map(([column]) => column)
    expect(narrow).toEqual(['for_review', 'done'])
    await page.goto(`${dashboard.url}#/missions/001-install-script`)
    await page.locator('.compact [data-card]').first().waitFor()
    expect(await page.locator('.column').count()).toBe(0)
    await page.goto(`${dashboard.url}${MISSION}`)
    await page
      .locator('.select')
      .filter({ hasText: /^Group by/ })
      .locator('select')
      .selectOption({ label: 'agent' })
    await page.getByRole('group', { name: 'crane' }).waitFor()
    expect(new URL(page.url()).hash).toBe(`${MISSION}?group=agent`)
    await page
      .locator('.select')
      .filter({ hasText: /^Agent/ })
      .locator('select')
      .selectOption({ label: 'crane' })
    await expect.poll(() => page.locator('[data-card]').count(), PATIENT).toBe(3)
  })

  it('draws what needs what, for the keyboard too', async () => {
    await show(`${MISSION}?as=graph`, '.box')
    await page.locator('.box[data-card-link=WP01]').focus()
    for (const [key, card] of [
      ['ArrowRight', 'WP02'],
      ['ArrowRight', 'WP04'],
      ['ArrowDown', 'WP06'],
      ['ArrowRight', 'WP08'],
      ['ArrowLeft', 'WP06'],
      ['Home', 'WP04'],
    ] as const) {
      await page.keyboard.press(key)
      expect([key, await page.evaluate(FOCUSED_CARD)]).toEqual([key, card])
    }
    const list = page.getByRole('region', { name: 'What needs what' })
    expect(await list.getByRole('listitem').filter({ hasText: 'WP05' }).textContent()).toContain(
      'needs WP01, WP03',
    )
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'WP04 Compact after upload' }).waitFor()
  })

  it('tells the history of a package, goes to its neighbours, and copies its prompt', async () => {
    await show(`${MISSION}?card=WP06`, 'dialog [data-testid=document]')
    const dialog = page.getByRole('dialog')
    expect(await dialog.locator('.facts').innerText()).toMatch(/sent back from review once[^]*Running/)
    await dialog.getByText('History').press('Enter')
    const changes = await dialog.locator('.history ol li').allTextContents()
    expect(changes).toHaveLength(7)
    expect(changes.join('\n')).toMatch(/In review[^]*Claimed[^]*A batch of 101 events is sent/)
    await dialog.getByRole('button', { name: 'Copy prompt' }).press('Enter')
    await dialog.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('# Upload in batches')
    await dialog.getByRole('link', { name: 'Next: WP07' }).press('Enter')
    await page.getByRole('dialog', { name: 'WP07' }).getByTestId('document').waitFor()
    await page.getByRole('link', { name: 'Previous: WP06' }).press('Enter')
    await page.getByRole('dialog', { name: 'WP06' }).waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(() => page.evaluate(FOCUSED_CARD), PATIENT).toBe('WP06')
  })

  it('links to headings, colours code, and follows a relative link', async () => {
    await show(`${MISSION}/spec.md?heading=what-must-hold`, '[data-testid=document]')
    await expect
      .poll(() => page.evaluate('document.activeElement.id'), PATIENT)
      .toBe('heading-what-must-hold')
    await page.getByRole('link', { name: 'Link to Offline queue for uploads' }).press('Enter')
    await expect
      .poll(() => page.evaluate('document.activeElement.id'), PATIENT)
      .toBe('heading-offline-queue-for-uploads')
    expect(new URL(page.url()).hash).toBe(`${MISSION}/spec.md?heading=offline-queue-for-uploads`)
    const parts = await page
      .locator('.token')
      .evaluateAll((all) => all.map((one) => `${one.className} ${one.textContent}`))
    expect(parts).toContain('token is-name "event_id"')
    expect(parts).toContain('token is-string "wp_status"')
    await page.getByRole('link', { name: 'the data model' }).press('Enter')
    await page.getByTestId('document').getByRole('heading', { name: 'Data model' }).waitFor()
  })

  it('finds missions, packages and documents with Ctrl K', async () => {
    await show('#/daemons', 'article')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('batches')
    const dialog = page.getByRole('dialog', { name: 'Search' })
    await dialog.locator('[data-kind=package]').waitFor()
    await dialog
      .getByRole('status')
      .getByText(/^\d+ results?$/)
      .waitFor()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'WP06 Upload in batches' }).waitFor()
    expect(await dialog.count()).toBe(0)
  })

  it('keeps what colours say when the system sets the colours', async () => {
    await page.emulateMedia({ forcedColors: 'active' })
    await show('#/missions', '.mission-row')
    const fills = await page
      .locator('.segment')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).getPropertyValue('fill')))
    expect(new Set(fills).size).toBe(4)
    const border = `getComputedStyle(document.querySelector('.top nav [aria-current]')).borderTopWidth`
    expect(await page.evaluate(border)).toBe('2px')
    await page.goto(`${dashboard.url}#/`)
    const dot = page.locator('.mark[data-why=blocked]')
    await dot.waitFor()
    const drawn = (one: Page) =>
      one.evaluate(
        `getComputedStyle(document.querySelector('.mark[data-why=blocked]'), '::before').backgroundColor`,
      )
    expect(await drawn(page)).not.toBe('rgba(0, 0, 0, 0)')
    await page.emulateMedia({ forcedColors: null })
  })

  it('prints a document without the frame of the page', async () => {
    await show(`${MISSION}/spec.md`, '[data-testid=document]')
    await page.emulateMedia({ media: 'print' })
    for (const frame of ['.top', '.shelf', '.tabs', '.tools'])
      expect([frame, await page.locator(frame).isVisible()]).toEqual([frame, false])
    expect(await page.getByTestId('document').isVisible()).toBe(true)
    await page.emulateMedia({ media: null })
  })

  it('keeps the focus on a card that moves, and says where it is now', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await show(MISSION, '[data-card]')
    await page.locator('[data-card-link=WP06]').focus()
    appendFileSync(log, laneChange('WP06', 'in_progress', 'for_review', 1))
    await page.locator('[data-column=for_review] [data-card=WP06]').waitFor()
    expect(await page.evaluate(FOCUSED_CARD)).toBe('WP06')
    const said = page.getByTestId('announcements')
    await said.getByText('WP06 Upload in batches is now For review.').waitFor({ state: 'attached' })
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
    await page.emulateMedia({ reducedMotion: null })
  })

  it('notifies only after it was asked to, and when the reader looks elsewhere', async () => {
    await show('#/', '.now-row')
    const waiting = page.getByRole('region', { name: 'Waiting for you' })
    appendFileSync(log, laneChange('WP02', 'done', 'for_review', 2))
    await waiting.locator('[data-package=WP02]').waitFor()
    expect(await page.evaluate('shownNotifications')).toEqual([])
    await page.getByRole('button', { name: 'Notify me' }).press('Enter')
    await page.getByRole('button', { name: 'Notifying', pressed: true }).waitFor()
    appendFileSync(log, laneChange('WP07', 'claimed', 'blocked', 3))
    await waiting.locator('[data-package=WP07]').waitFor()
    expect(await page.evaluate('shownNotifications')).toEqual([
      'Offline queue for uploads waits for you: WP07 Show the queue in sync status: blocked',
    ])
  })

  it('moves an agent from "at work" to "stalled" when its process is killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    try {
      const delta = { shell_pid: child.pid, shell_pid_created_at: String(Date.now() / 1000) }
      const note = { kind: 'annotation', event_id: 'n1', at: new Date().toISOString(), wp_id: 'WP77', delta }
      writeMission(dashboard.project, '077-living', {
        'tasks/WP77-work.md': prompt('WP77', 'Work'),
        'tasks/WP78-more.md': prompt('WP78', 'More'),
        'status.events.jsonl': `${laneEvent(1, 'WP77', 'in_progress')}${laneEvent(2, 'WP78', 'planned')}${JSON.stringify(note)}\n`,
      })
      await show('#/', '.now-row')
      const row = (region: string, wp = 'WP77') =>
        page.getByRole('region', { name: region }).locator(`[data-package=${wp}]`)
      await row('At work').getByText('Running', { exact: true }).waitFor()
      child.kill('SIGKILL')
      await row('Stalled').getByText('Not running here', { exact: true }).waitFor()
      await row('Ready to start', 'WP78').getByText('implement WP78 --mission 077-living').waitFor()
      await show('#/missions/077-living', '[data-card]')
      await page.locator('[data-card=WP77]').getByText('Not running here', { exact: true }).waitFor()
      const said = page.getByTestId('announcements')
      await said.getByText('Waits for you: WP77 Work: stalled').waitFor({ state: 'attached' })
    } finally {
      child.kill('SIGKILL')
    }
  })
})

/** The browser's own, for what runs in the page. */
declare function getComputedStyle(element: unknown): { getPropertyValue(name: string): string }

const FOCUSED_ROW = `[...document.querySelectorAll('[data-row-link]')].indexOf(document.activeElement)`
const FOCUSED_CARD = `document.activeElement.dataset.cardLink`

/** One line of the log, newer than all of the example; `at` tells two of them apart. */
function laneChange(wp: string, from: string, to: string, at: number): string {
  const event = {
    event_id: `01ZZZ${at}`,
    at: new Date().toISOString(),
    wp_id: wp,
    from_lane: from,
    to_lane: to,
    actor: 'badger',
  }
  return `${JSON.stringify(event)}\n`
}

/** A reader who allows notifications when asked, and looks elsewhere: a browser without windows refuses them all. */
const NOTE_NOTIFICATIONS = `
  globalThis.shownNotifications = []
  document.hasFocus = () => false
  globalThis.Notification = class extends EventTarget {
    static permission = 'default'
    static async requestPermission() {
      return (this.permission = 'granted')
    }
    constructor(title, { body }) {
      super()
      shownNotifications.push(title + ': ' + body)
    }
  }`
