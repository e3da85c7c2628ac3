import { basename } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { lacksChromium, openPage, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, oneMission } from '../helpers/projects.js'

/** The Daemons view: what really runs, of both families, how it stands, and the command that deals with it. */
describe.skipIf(lacksChromium())('the daemons in a browser', () => {
  let project: string
  let dashboard: Dashboard
  let other: Dashboard

  afterAll(stopAll)
  const here = useBrowser()
  beforeAll(async () => {
    project = oneMission()
    dashboard = await here.desk.start(project)
    other = await here.desk.start(emptyProject())
  })

  async function open() {
    const opened = await openPage(here.browser)
    await opened.page.goto(`${dashboard.url}#/daemons`)
    await opened.page.getByRole('article', { name: `Port ${dashboard.port}: Live` }).waitFor()
    return opened
  }

  it('says of a family in which nothing runs how to start it', async () => {
    const { page } = await open()
    await page.getByRole('region', { name: 'sync' }).getByText('spec-kitty sync start').waitFor()
    await page.context().close()
  })

  it('shows the daemons of both families, and is right about each', async () => {
    const { page, complaints } = await open()
    const started = await here.desk.run(project, ['sync', 'start', '--json'])
    const { pid, port } = JSON.parse(started.stdout)
    const unmarked = await spawnPredecessor({
      family: 'sync',
      port: 9449,
      version: '3.2.4',
      root: here.desk.root,
      marker: false,
    })
    const sync = page.getByRole('region', { name: 'sync' })
    const article = sync.locator('article').filter({ hasText: `Port ${unmarked.port}` })
    await refreshUntil(page, async () => {
      await sync.getByRole('article', { name: `Port ${port}: Live` }).waitFor({ timeout: 2_000 })
      expect(await commandOf(article)).toContain('spec-kitty auth doctor --reset')
    })
    expect(await factsOf(page, `Port ${port}: Live`)).toMatchObject({
      process: String(pid),
      home: here.desk.root,
      memory: expect.stringMatching(/^\d+(\.\d)? MB$/),
      uptime: expect.stringMatching(/^\d+ (s|min)/),
    })
    expect(await article.getAttribute('data-class')).toBe('operator_required')
    expect(await article.getAttribute('data-rule')).toBe('S9')

    const dashboards = page.getByRole('region', { name: 'dashboard' })
    expect(await factsOf(page, `Port ${dashboard.port}: Live`)).toMatchObject({
      process: String(dashboard.pid),
      project,
    })
    const foreign = dashboards.getByRole('article', { name: `Port ${other.port}: In use` })
    expect(await foreign.getAttribute('data-class')).toBe('never_touch')
    expect(await foreign.locator('.remedy').count()).toBe(0)
    expect(await foreign.textContent()).toContain('It is the dashboard of another project.')
    expect(await foreign.getByRole('heading').textContent()).toContain(basename(other.project))
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('breaks no word of a command on a small screen', async () => {
    const { page } = await open()
    await refreshUntil(page, async () => {
      expect(
        (await commandOf(page.locator('article:has(.remedy)').first())).split(' ').length,
      ).toBeGreaterThan(3)
    })
    for (const width of [400, 360, 320]) {
      await page.setViewportSize({ width, height: 800 })
      expect(
        await page.evaluate(`(${BROKEN_WORDS})(document.querySelector('article .remedy .command'))`),
      ).toEqual([])
    }
    await page.context().close()
  })

  it('copies a command, and ends nothing itself', async () => {
    const { page } = await open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const remedy = page.locator('article .remedy').first()
    await remedy.getByRole('button', { name: 'Copy' }).click()
    await remedy.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      await remedy.locator('.command').textContent(),
    )
    const methods = await page.locator('button').allTextContents()
    expect(methods.filter((name) => /stop|kill|end|reset/i.test(name))).toEqual([])
    await page.context().close()
  })
})

/**
 * Refreshes until the check holds. A scan is shared by all who ask within a second, so it may have begun before the daemons
 * did; and on a busy machine it may not have read the scopes of others, without which no command is offered that ends one.
 */
async function refreshUntil(page: Page, check: () => Promise<void>): Promise<void> {
  await vi.waitFor(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click()
    await check()
  }, 240_000)
}

async function commandOf(article: Locator): Promise<string> {
  return (await article.locator('.remedy .command').textContent({ timeout: 2_000 })) ?? ''
}

async function factsOf(page: Page, name: string): Promise<Readonly<Record<string, string>>> {
  const facts = await page
    .getByRole('article', { name })
    .locator('[data-fact]')
    .evaluateAll((all) =>
      all.map((fact) => [fact.getAttribute('data-fact') ?? '', fact.querySelector('dd')?.textContent ?? '']),
    )
  return Object.fromEntries(facts)
}

/** The words of an element of which a part stands on another line. */
const BROKEN_WORDS = `(element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  const broken = []
  while (texts.nextNode()) {
    for (const { index, 0: word } of texts.currentNode.data.matchAll(/\\S+/g)) {
      const range = document.createRange()
      range.setStart(texts.currentNode, index)
      range.setEnd(texts.currentNode, index + word.length)
      if (range.getClientRects().length > 1) broken.push(word)
    }
  }
  return broken
}`
