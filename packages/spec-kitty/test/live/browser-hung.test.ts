import type { Browser, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { lacksChromium, untilLive } from '../helpers/browser.js'
import { useMission } from '../helpers/browser-desk.js'
import { writeMission } from '../helpers/projects.js'

/** A window that hears nothing for 25 s asks for the stream itself. */
const NOTICED_WITHIN_MS = 45_000

describe.skipIf(lacksChromium())('a window that has the stream and hangs', () => {
  const here = useMission()

  it('loses it to another one, and follows that one when it goes on', { timeout: 180_000 }, async () => {
    const context = await here.browser.newContext()
    const streams: Page[] = []
    context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/events') streams.push(request.frame().page())
    })
    const before = await renderersOf(here.browser)
    const leader = await context.newPage()
    await leader.goto(`${here.dashboard.url}#/missions`)
    await untilLive(leader)
    const own = [...(await renderersOf(here.browser))].filter((pid) => !before.has(pid))
    const follower = await context.newPage()
    await follower.goto(`${here.dashboard.url}#/missions`)
    await untilLive(follower)
    expect([own.length, streams]).toEqual([1, [leader]])
    const [pid = 0] = own
    process.kill(pid, 'SIGSTOP')
    try {
      await expect.poll(() => streams.length, { timeout: NOTICED_WITHIN_MS }).toBe(2)
      expect(streams[1]).toBe(follower)
      await untilLive(follower)
      writeMission(here.project, '002-meanwhile')
      await follower.getByText('002-meanwhile').first().waitFor()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await leader.getByText('002-meanwhile').first().waitFor()
    writeMission(here.project, '003-afterwards')
    for (const page of [leader, follower]) await page.getByText('003-afterwards').first().waitFor()
    expect(streams).toHaveLength(2)
    await context.close()
  })
})

/** The processes of a browser that show pages. */
async function renderersOf(browser: Browser): Promise<ReadonlySet<number>> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return new Set(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id))
}
