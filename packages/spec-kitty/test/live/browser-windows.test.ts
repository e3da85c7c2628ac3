import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { lacksChromium, untilLive } from '../helpers/browser.js'
import { useMission } from '../helpers/browser-desk.js'
import { writeMission } from '../helpers/projects.js'

/** Of the build without windows, all pages of one context count as visible. */
const WINDOWS = 20

const SOON_MS = 20_000

describe.skipIf(lacksChromium())('twenty visible windows', () => {
  const here = useMission()

  it('have one stream, and go on when the window that has it ends', { timeout: 180_000 }, async () => {
    const context = await here.browser.newContext()
    const streams: Page[] = []
    const resumed: (string | null)[] = []
    context.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname !== '/api/events') return
      streams.push(request.frame().page())
      resumed.push(searchParams.get('after'))
    })
    const pages = await Promise.all(Array.from({ length: WINDOWS }, () => context.newPage()))
    for (const page of pages) await page.goto(`${here.dashboard.url}#/missions`)
    for (const page of pages) {
      await untilLive(page)
      await page.getByRole('link', { name: 'Start here' }).waitFor()
      expect(await page.evaluate('document.hidden')).toBe(false)
    }
    expect(streams).toHaveLength(1)
    await allShow(pages, '002-second', () => writeMission(here.project, '002-second'))

    const [leader] = streams
    const left = pages.filter((page) => page !== leader)
    await leader?.close()
    await expect.poll(() => streams.length, { timeout: SOON_MS }).toBe(2)
    await allShow(left, '003-third', () => writeMission(here.project, '003-third'))

    // A renderer that crashes says no farewell.
    const next = streams[1]
    const crashed = next?.waitForEvent('crash')
    void next?.goto('chrome://crash').catch(() => {})
    await crashed
    await expect.poll(() => streams.length, { timeout: SOON_MS }).toBe(3)
    const rest = left.filter((page) => page !== next)
    await allShow(rest, '004-fourth', () => writeMission(here.project, '004-fourth'))
    expect(rest).toHaveLength(WINDOWS - 2)
    // Each goes on after the last change of which the one before told.
    const [first, ...others] = resumed
    expect(first).toBeNull()
    expect(others.every((id) => /^.+\.\d+$/.test(id ?? ''))).toBe(true)
    await context.close()
  })
})

async function allShow(pages: readonly Page[], mission: string, write: () => void): Promise<void> {
  for (const page of pages) await untilLive(page)
  write()
  for (const page of pages) await page.getByText(mission).first().waitFor()
}
