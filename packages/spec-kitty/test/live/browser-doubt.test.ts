import { appendFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openPage, PATIENT, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, laneEvent, prompt, writeMission } from '../helpers/projects.js'

const LOG = 'status.events.jsonl'
const FUTURE = { at: new Date(Date.now() + 400 * 86_400_000).toISOString() }
const NEEDS = 'dependencies: [WP01]\n'

/** A mission in which one package is in doubt, one is blocked and waits, one was sent back, and one has a broken prompt. */
function doubtfulProject(): string {
  const project = emptyProject()
  writeMission(project, 'm', {
    'spec.md': '# Spec\n',
    'long.txt': 'word\r\n'.repeat(250_000),
    'tasks/WP01.md': prompt('WP01', 'One'),
    'tasks/WP02.md': prompt('WP02', 'Two', NEEDS),
    'tasks/WP03.md': prompt('WP03', 'Three'),
    'tasks/WP04.md': '<<<<<<< HEAD\n---\n',
    'tasks/WP05.md': prompt('WP05', 'Five', 'dependencies: [WP06]\n'),
    'tasks/WP06.md': prompt('WP06', 'Six'),
    [LOG]: [
      laneEvent(1, 'WP01', 'planned', FUTURE),
      laneEvent(2, 'WP02', 'blocked', { reason: 'The key is missing.' }),
      laneEvent(3, 'WP03', 'in_review'),
      laneEvent(4, 'WP03', 'planned', { from_lane: 'in_review', reason: 'Tests are missing.' }),
      laneEvent(5, 'WP04', 'planned'),
      laneEvent(6, 'WP05', 'planned'),
      laneEvent(7, 'WP06', 'canceled'),
      laneEvent(8, 'WP02', 'blocked', { actor: 'bob', from_lane: 'blocked' }),
    ].join(''),
  })
  writeMission(project, 'new', {
    'tasks/WP01.md': prompt('WP01', 'One'),
    'tasks/WP02.md': prompt('WP02', 'Two', NEEDS),
  })
  return project
}

/** What a reader is told of what is not certain, of what holds a package back, and of what was only copied in part. */
describe.skipIf(lacksChromium())('a reader', () => {
  let dashboard: Dashboard
  let page: Page
  const here = useBrowser()
  beforeAll(async () => {
    dashboard = await here.desk.start(doubtfulProject())
    page = (await openPage(here.browser, { permissions: ['clipboard-read', 'clipboard-write'] })).page
  })

  async function open(hash: string, shown: string) {
    await page.goto(`${dashboard.url}${hash}`)
    await page.locator(shown).first().waitFor()
  }

  it('sees on a card that its lane is in doubt, why it is not ready, and why it came back', async () => {
    await open('#/missions/m', '[data-card]')
    const card = async (id: string) =>
      (await page.locator(`[data-card=${id}]`).textContent())?.replaceAll(/\s+/g, ' ')
    expect(await card('WP01')).toContain('last known: Planned')
    expect(await card('WP01')).not.toContain('Ready')
    expect(await card('WP02')).toContain('The key is missing.')
    expect(await card('WP03')).toContain('Tests are missing.')
    expect(await card('WP04')).toContain(
      'not ready: what it needs is not known: has the markers of a merge conflict',
    )
    expect(await card('WP05')).toContain('WP06 (canceled)')
    const problems = await page.getByRole('region', { name: 'Problems' }).textContent()
    expect(problems).toContain('line 1 is 400 d in the future; in doubt: the lane of WP01')
    expect(problems).toContain('WP05 waits for WP06, which is canceled')
    expect(problems).toContain('has the markers of a merge conflict')
  })

  it.each([
    ['WP01', ['Lane in doubt', 'line 1 is 400 d in the future', 'last known: Planned']],
    ['WP02', ['Blocked The key is missing. (ada)', 'No command it waits for WP01']],
    ['WP03', ['Sent back Tests are missing. (ada)', 'spec-kitty agent action implement WP03 --mission m']],
    ['WP05', ['Not ready it waits for WP06 (canceled)']],
  ])('finds the same at the head of the panel of %s', async (id, words) => {
    await open(`#/missions/m?card=${id}`, 'dialog .facts')
    const text = (await page.getByRole('dialog').textContent())?.replaceAll(/\s+/g, ' ')
    for (const word of words) expect(text).toContain(word)
    const facts = await page.locator('dialog .facts').boundingBox()
    const lines = await page.locator('dialog .head-line').all()
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect((await line.boundingBox())?.y).toBeLessThan(facts?.y ?? 0)
    if (id === 'WP01' || id === 'WP02') expect(text).not.toContain('spec-kitty agent action')
  })

  it('sees in Now what a blocked package waits for, and is offered nothing that is in doubt', async () => {
    await open('#/', '.now-row')
    const waiting = await page.getByRole('region', { name: 'Waiting for you' }).textContent()
    expect(waiting).toContain('The key is missing.')
    expect(waiting).toContain('it waits for WP01')
    expect(await page.getByRole('region', { name: 'Ready to start' }).count()).toBe(0)
    const unread = await page.getByRole('region', { name: 'Not readable' }).textContent()
    expect(unread).toContain('in doubt: the lane of WP01')
  })

  it('sees the doubt in the list, the graph and the head of the mission too', async () => {
    await open('#/missions/m?as=list', '[data-card]')
    expect(await page.locator('[data-card=WP01] .doubt').textContent()).toBe('last known:')
    expect(await page.locator('[data-card=WP04] .not-ready').textContent()).toBe(
      'not ready: what it needs is not known: has the markers of a merge conflict',
    )
    expect(await page.locator('.mission-state').textContent()).toContain('1 of these in doubt')
    await open('#/missions/m?as=graph', '.box')
    expect(await page.locator('[data-card-link=WP01] .box-id').textContent()).toBe('WP01 · Planned?')
    await open('#/missions/m?card=WP02', 'dialog .facts')
    expect(await page.locator('dialog .needed').textContent()).toContain('last known:')
  })

  it('copies the text and the path of a document with the mouse', async () => {
    await open('#/missions/m/spec.md', '[data-testid=document]')
    for (const [name, copied] of [
      ['Copy path', 'kitty-specs/m/spec.md'],
      ['Copy text', '# Spec\n'],
    ] as const) {
      const box = await page.getByRole('button', { name }).boundingBox()
      await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
      await page.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(copied)
      await page.getByRole('button', { name }).waitFor()
    }
  })

  it('is told how much of a long document was copied', async () => {
    await open('#/missions/m/long.txt', '[data-testid=document]')
    const part = 'the first 1 MB of 1.5 MB'
    expect(await page.locator('.truncated').textContent()).toContain(
      `${part}. Copy text copies only this part.`,
    )
    await page.getByRole('button', { name: 'Copy text' }).click()
    await page.getByRole('button', { name: `Copied only ${part}` }).waitFor()
  })

  it('has badges that are as high as their text', async () => {
    await open('#/missions/new', '[data-card]')
    const heights = await page
      .locator('.lane.is-unknown')
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height)))
    expect(heights).toHaveLength(2)
    expect(new Set(heights).size).toBe(1)
  })

  it('has a title in the tab for an address that leads nowhere, and a way back from a path', async () => {
    await open('#/missions/m', '[data-card]')
    await page.evaluate('location.hash = "#/zzz"')
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    await expect.poll(() => page.title(), PATIENT).toMatch(/No such page · spec-kitty dashboard$/)
    const reply = await page.goto(`${dashboard.url}missions`)
    expect(reply?.status()).toBe(401)
    await page.getByRole('link', { name: 'Open the dashboard' }).click()
    await untilLive(page)
    expect(new URL(page.url()).pathname).toBe('/')
  })

  it('is led to the data without JavaScript', async () => {
    const { page: plain } = await openPage(here.browser, { javaScriptEnabled: false })
    await plain.goto(dashboard.url)
    expect(await plain.locator('.no-script').textContent()).toContain('This page needs JavaScript.')
    expect(await plain.locator('.no-script a').allTextContents()).toEqual([
      'what happens now',
      'the missions',
    ])
    const padding = await plain.evaluate("getComputedStyle(document.querySelector('.no-script')).paddingLeft")
    expect(Number.parseInt(String(padding), 10)).toBeGreaterThan(10)
    expect(await plain.getByText('This page has not started.').isVisible()).toBe(false)
    await plain.context().close()
  })

  it('sees an added doubt at once', async () => {
    await open('#/missions/m', '[data-card]')
    await untilLive(page)
    appendFileSync(join(dashboard.project, 'kitty-specs/m', LOG), '{"wp_id":"WP04","to_lane":\n')
    await page.locator('[data-card=WP04] .doubt').waitFor()
  })

  it('sees that a line was cut off, although nothing changes any more', async () => {
    const log = join(dashboard.project, 'kitty-specs/m', LOG)
    await open('#/missions/m', '[data-card]')
    await untilLive(page)
    appendFileSync(log, '{"wp_id":"WP06","to_lane":')
    const eightSecondsAgo = Date.now() / 1000 - 8
    utimesSync(log, eightSecondsAgo, eightSecondsAgo)
    await page.locator('[data-card=WP06] .doubt').waitFor()
  })
})
