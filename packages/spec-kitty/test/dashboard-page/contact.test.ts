import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentReply, MissionReply, MissionsReply } from '../../src/dashboard/api.js'
import { lacksChromium, openPage, startBrowser } from '../helpers/browser.js'
import { emptyMission, eventText, NEVER, servePage } from './stand-in-server.js'

/** What a page does about a dashboard that says what none of this version would say. */
const LIST: MissionsReply = { project: { name: 'p', path: '/p' }, charter: null, missions: [], problems: [] }
const MISSION: MissionReply = {
  ...emptyMission('The mission'),
  documents: [{ name: 'spec.md', bytes: 1, work_package: null }],
}
const DOCUMENT: DocumentReply = {
  name: 'spec.md',
  format: 'markdown',
  text: '# Title\n',
  bytes: 1,
  is_truncated: false,
  problems: [],
}

function hello(project: string, page: string): string {
  const named = { id: project, name: project, path: `/${project}` }
  return eventText('hello', { project: named, instance: 'i', version: '5', page })
}

const CHANGED = eventText('changed', { missions: null })

describe.skipIf(lacksChromium())('a page', () => {
  let browser: Browser
  const endings: (() => Promise<void>)[] = []
  beforeAll(async () => {
    browser = await startBrowser()
  }, 240_000)
  afterEach(async () => {
    for (const end of endings.splice(0)) await end()
  })
  afterAll(() => browser?.close(), 60_000)

  async function open(hash: string, ...served: Parameters<typeof servePage>) {
    const server = await servePage(...served)
    const opened = await openPage(browser)
    endings.push(server.close, () => opened.page.context().close())
    await opened.page.goto(`${server.url}${hash}`)
    return opened
  }

  const replies = (more: Readonly<Record<string, unknown>> = {}) =>
    new Map<string, unknown>([
      ['/api/missions', LIST],
      ['/api/missions/m', MISSION],
      ['/api/missions/m/documents/spec.md', DOCUMENT],
      ...Object.entries(more),
    ])

  it.each([
    [
      'the list',
      '#/missions',
      { '/api/missions': { ...LIST, missions: [{ id: 'm', title: 'Broken' }] } },
      'Broken',
    ],
    [
      'a board',
      '#/missions/m',
      { '/api/missions/m': { ...MISSION, work_packages: [{ id: 'WP01', title: 'Broken' }] } },
      'Broken',
    ],
    [
      'a document',
      '#/missions/m/spec.md',
      { '/api/missions/m/documents/spec.md': { ...DOCUMENT, text: '> deep', problems: null } },
      '> deep',
    ],
  ])(
    'that cannot render %s shows the error and the raw text, and is not blank',
    async (_, hash, more, text) => {
      const { page } = await open(hash, replies(more))
      const fault = page.getByRole('alert').filter({ hasText: 'could not be rendered' })
      await fault.waitFor()
      expect(await fault.textContent()).toMatch(/mistake in the dashboard: \w*Error/)
      expect((await page.getByTestId('raw').allTextContents()).join()).toContain(text)
      // The rest of the page still works.
      await page.getByRole('link', { name: 'Daemons' }).click()
      await page.getByRole('heading', { name: 'Daemons', exact: true }).waitFor()
    },
  )

  it('shows each reply, also if something has changed whenever one comes', async () => {
    let count = 0
    const list = async () => {
      server.speak(CHANGED)
      await sleep(100)
      return { ...LIST, missions: [{ ...MISSION, title: `Reply ${(count += 1)}` }] }
    }
    const server = await servePage(replies({ '/api/missions': list }))
    const { page } = await openPage(browser)
    endings.push(server.close, () => page.context().close())
    await page.goto(`${server.url}#/missions`)
    const link = page.getByRole('list', { name: 'Missions' }).getByRole('link', { name: /^Reply \d+$/ })
    await link.waitFor()
    const first = await link.textContent()
    await expect.poll(() => link.textContent()).not.toBe(first)
  })

  it('renders again once what could not be rendered is another', async () => {
    const broken = replies({ '/api/missions/m': { ...MISSION, work_packages: null } })
    const { page } = await open('#/missions/m', broken)
    await page.getByTestId('raw').first().waitFor()
    broken.set('/api/missions/m', MISSION)
    await page.evaluate('location.hash = "#/missions"')
    await page.evaluate('location.hash = "#/missions/m"')
    await page.getByRole('heading', { name: 'The mission' }).waitFor()
  })

  it('whose script does not come says so', async () => {
    const server = await servePage(replies())
    const { page } = await openPage(browser)
    endings.push(server.close, () => page.context().close())
    await page.route('**/page.js', (route) => route.abort())
    await page.goto(server.url)
    await page.getByText('This page has not started.').waitFor()
  })

  it('does not show a reply that names another project', async () => {
    const { page } = await open('#/missions', replies(), hello('ours', '') + CHANGED, {
      'spec-kitty-project': 'theirs',
    })
    await page.getByText('This address now belongs to another project').waitFor()
    expect(await page.getByTestId('connection').textContent()).toBe('Stopped')
    expect(await page.locator('main').textContent()).not.toContain('No missions yet')
  })

  it('does not show a reply that names no project where others did', async () => {
    let headers: Readonly<Record<string, string>> = { 'spec-kitty-project': 'p' }
    const { page } = await open('#/missions', replies(), hello('p', '') + CHANGED, () => headers)
    await page.getByText('No missions yet').waitFor()
    headers = {}
    await page.evaluate('location.hash = "#/missions/m"')
    await page.getByText('The mission could not be read').waitFor()
    headers = { 'spec-kitty-project': 'p' }
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'The mission', exact: true }).waitFor()
  })

  it('says that too many windows are open, and reads anew now and then', async () => {
    const [known, isFull] = [replies(), { now: true }]
    const server = await servePage(known, hello('p', '') + CHANGED, {}, () => isFull.now)
    const { page } = await openPage(browser)
    endings.push(server.close, () => page.context().close())
    await page.clock.install()
    await page.goto(`${server.url}#/missions/m`)
    await page.getByText('Too many windows are open.').waitFor()
    const state = page.getByTestId('connection')
    expect(await state.getAttribute('data-state')).toBe('crowded')
    expect(await page.locator('body').textContent()).not.toContain('No contact')
    known.set('/api/missions/m', { ...MISSION, title: 'Renamed meanwhile' })
    await page.clock.fastForward(16_000)
    await page.getByRole('heading', { name: 'Renamed meanwhile' }).waitFor()
    isFull.now = false
    await page.clock.fastForward(16_000)
    await page.locator('[data-testid=connection][data-state=open]').waitFor()
    expect(await page.getByText('Too many windows are open.').count()).toBe(0)
  })

  it('reloads for a newer page once, not for ever', async () => {
    const { page } = await open('#/', replies(), hello('p', 'another') + CHANGED)
    await page.getByText('This page was reloaded, because the dashboard is now version 5.').waitFor()
    await page.locator('[data-state=open]').waitFor()
    await page.evaluate('globalThis.kept = true')
    await page.waitForTimeout(3_000)
    expect(await page.evaluate('globalThis.kept')).toBe(true)
  })

  it('gives up waiting for a reply, says so, and asks again', { timeout: 240_000 }, async () => {
    const never = replies({ '/api/missions/m': NEVER })
    const beat = eventText('heartbeat', {})
    const { page } = await open('#/missions/m', never, hello('p', '') + CHANGED + beat)
    await page.getByRole('alert').getByText('The mission could not be read').waitFor({ timeout: 40_000 })
    never.set('/api/missions/m', MISSION)
    await page.getByRole('heading', { name: 'The mission', exact: true }).waitFor()
  })
})
