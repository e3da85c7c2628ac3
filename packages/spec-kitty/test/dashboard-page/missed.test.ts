import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lacksChromium, startBrowser } from '../helpers/browser.js'
import { emptyMission, eventText, NEVER, servePage } from './stand-in-server.js'

/** What a page does about a change whose event, or whose reply, does not reach it. */
const MISSION = '/api/missions/m'

const HELLO = { project: { id: 'p', name: 'p', path: '/p' }, instance: 'i', version: '5', page: '' }
const BEGIN = eventText('hello', HELLO) + eventText('changed', { missions: null }, 'i.1')
const NOTHING_NEW = eventText('hello', HELLO) + eventText('changed', { missions: [] }, 'i.2')

describe.skipIf(lacksChromium())('a page shows a change', () => {
  let browser: Browser
  let context: BrowserContext
  let server: Awaited<ReturnType<typeof servePage>>
  let replies: Map<string, unknown>
  let said: string
  beforeAll(async () => {
    browser = await startBrowser()
  }, 240_000)
  beforeEach(async () => {
    said = BEGIN
    replies = new Map([[MISSION, emptyMission('Before')]])
    server = await servePage(replies, () => said)
    context = await browser.newContext()
    context.setDefaultTimeout(15_000)
  })
  afterEach(async () => {
    await context.close()
    await server.close()
  })
  afterAll(() => browser?.close(), 60_000)

  async function open(script = ''): Promise<Page> {
    const page = await context.newPage()
    await page.addInitScript(VISIBILITY + script)
    await page.goto(`${server.url}#/missions/m`)
    return page
  }
  const shows = (page: Page, title: string) =>
    page.getByRole('heading', { name: title, exact: true }).waitFor()
  const isLive = (page: Page) => page.locator('[data-state=open]').waitFor()

  it('whose reply got lost when the stream broke, also if the next stream reports no other', async () => {
    const page = await open()
    await isLive(page)
    await shows(page, 'Before')
    replies.set(MISSION, NEVER)
    const asked = page.waitForRequest((request) => request.url().endsWith(MISSION))
    server.speak(eventText('changed', { missions: ['m'] }, 'i.2'))
    await asked
    said = NOTHING_NEW
    server.endStreams()
    await page.locator('[data-state=lost]').waitFor()
    server.breakReplies()
    replies.set(MISSION, emptyMission('After'))
    await isLive(page)
    await shows(page, 'After')
  })

  it('that came while it was hidden, if the window that leads then is told of no other', async () => {
    const leader = await openLeader()
    const page = await open()
    await leader.answer()
    await isLive(page)
    await shows(page, 'Before')
    await page.evaluate('hide(true)')
    replies.set(MISSION, emptyMission('After'))
    await page.evaluate('hide(false)')
    await leader.says({ name: 'hello', data: JSON.stringify(HELLO), id: '' })
    await leader.says({ name: 'changed', data: JSON.stringify({ missions: [] }), id: 'i.9' })
    await shows(page, 'After')
  })

  it('that came after it was opened hidden', async () => {
    const leader = await openLeader()
    const page = await open('hide(true);')
    await shows(page, 'Before')
    replies.set(MISSION, emptyMission('After'))
    await page.evaluate('hide(false)')
    await leader.answer()
    await shows(page, 'After')
  })

  it('of which the window told that took over its stream', async () => {
    const page = await open()
    await isLive(page)
    await shows(page, 'Before')
    replies.set(MISSION, emptyMission('After'))
    const leader = await openLeader()
    await leader.says({ name: 'changed', data: JSON.stringify({ missions: ['m'] }), id: 'i.9' })
    await page.waitForTimeout(200)
    await leader.takeOver()
    await leader.answer()
    await shows(page, 'After')
  })

  /** Opens a page that is no dashboard, but leads the windows, as far as the test says. */
  async function openLeader() {
    const page = await context.newPage()
    await page.goto(`${server.url}page.css`)
    const build =
      /name="page-build" content="([^"]*)"/.exec(await (await fetch(server.url)).text())?.[1] ?? ''
    const name = `spec-kitty ${build}`
    await page.evaluate(
      `globalThis.channel = new BroadcastChannel(${JSON.stringify(name)})
       globalThis.asked = null
       channel.onmessage = ({ data }) => { if (data.kind === 'who') asked = data.asker }
       globalThis.lead = (options) => void navigator.locks.request(${JSON.stringify(name)}, options, () => new Promise(() => {}))
       navigator.locks.query().then(({ held }) => { if (held.length === 0) lead({}) })`,
    )
    return {
      /** Answers the window that asks who leads. */
      answer: async () => {
        await expect.poll(() => page.evaluate('asked'), { timeout: 10_000 }).not.toBeNull()
        const event = { name: 'hello', data: JSON.stringify(HELLO), id: '' }
        await page.evaluate(
          `channel.postMessage({ kind: 'welcome', asker: asked, events: [${JSON.stringify(event)}], isWatched: true })`,
        )
        await page.evaluate('asked = null')
      },
      says: (event: { name: string; data: string; id: string }) =>
        page.evaluate(`channel.postMessage({ kind: 'event', event: ${JSON.stringify(event)} })`),
      takeOver: () => page.evaluate('lead({ steal: true })'),
    }
  }
})

/** All pages of a browser without windows count as visible, so a page is told that it is hidden. */
const VISIBILITY = `
  let isHidden = false
  Object.defineProperty(document, 'hidden', { get: () => isHidden })
  globalThis.hide = (next) => {
    isHidden = next
    document.dispatchEvent(new Event('visibilitychange'))
  };`
