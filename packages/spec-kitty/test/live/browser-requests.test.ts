import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { eventually } from '../../../familiar/test/helpers/eventually.js'
import { lacksChromium, openPage, untilLive } from '../helpers/browser.js'
import { useMission } from '../helpers/browser-desk.js'
import { laneEvent, writeMission } from '../helpers/projects.js'
import { openEvents } from './pages-wire.js'

const NOW = '/api/now'
const LIST = '/api/missions'
const MISSION = '/api/missions/001-start'
const SPEC = `${MISSION}/documents/spec.md`
const PROMPT = `${MISSION}/documents/tasks%2FWP01-begin.md`
const DAEMONS = '/api/daemons'

/** Requests that were on their way have begun by then. */
const QUIET_MS = 1500

/** So many times something is written, at moments spread over the time in which a view opens. */
const ROUNDS = times(5, 10)
const OPENS_WITHIN_MS = 400

/** What the page asks the server for: each thing when a view opens, and once for a change that concerns it. */
describe.skipIf(lacksChromium())('the requests of a view', () => {
  const here = useMission()

  /** What the last tests look at, one after the other. */
  let last: Page

  async function open(view: string, shown: string, page: Page) {
    const asked = countRequests(page)
    await page.goto(`${here.dashboard.url}${view}`)
    await page.locator(shown).first().waitFor()
    await untilLive(page)
    await quiet(asked)
    return { page, asked }
  }

  const views = [
    ['#/', '.now-row', [NOW]],
    ['#/missions', '.mission-row', [NOW, LIST]],
    ['#/missions/001-start', '[data-card]', [NOW, MISSION]],
    ['#/missions/001-start?card=WP01', '[data-testid=document]', [NOW, MISSION, PROMPT]],
    ['#/missions/001-start/spec.md', '[data-testid=document]', [NOW, MISSION, SPEC]],
    ['#/flow/001-start', '.chart', [NOW, MISSION]],
    ['#/daemons', 'article', [NOW, DAEMONS]],
  ] as const

  interface Watched {
    /** What was asked for until the view was there. */
    readonly opening: readonly string[]
    /** What was asked for after one change. */
    readonly changed: readonly string[]
  }

  /** All views at once, each in a browser of its own, and one change for them all. */
  const seen = new Map<string, Watched>()
  let events = 0

  beforeAll(async () => {
    const all = await Promise.all(
      views.map(async ([view, shown, first]) => {
        const { page } = await openPage(here.browser)
        return { view, first, ...(await open(view, shown, page)) }
      }),
    )
    const told = await countEvents(here.dashboard.port)
    const openings = all.map(({ asked }) => asked.splice(0))
    appendFileSync(
      join(here.project, 'kitty-specs/001-start/status.events.jsonl'),
      laneEvent(200, 'WP03', 'claimed'),
    )
    await eventually(() => {
      for (const { asked, first } of all)
        expect(asked).toEqual(expect.arrayContaining([...withoutDaemons(first)]))
    })
    await Promise.all(all.map(({ asked }) => quiet(asked)))
    events = told()
    for (const [index, { view, asked }] of all.entries())
      seen.set(view, { opening: openings[index] ?? [], changed: asked })
    const [first, ...others] = all.map(({ page }) => page)
    if (first === undefined) throw new Error('the list of views is empty')
    for (const page of others) await page.context().close()
    last = first
  })

  it.each(views)(
    '%s: each at once, once more when the project is watched, and for a change',
    (view, _shown, first) => {
      const { opening = [], changed = [] } = seen.get(view) ?? {}
      expect([...new Set(opening)].toSorted()).toEqual(['/api/events', ...first].toSorted())
      for (const path of first) expect(opening.filter((one) => one === path).length).toBeLessThanOrEqual(2)
      expect(opening.filter((one) => one === '/api/events' || one === DAEMONS).length).toBe(
        1 + Number(view === '#/daemons'),
      )
      expect(events).toBeGreaterThan(0)
      const then = withoutDaemons(first)
      expect([...new Set(changed)].toSorted()).toEqual(then.toSorted())
      for (const path of then)
        expect(changed.filter((one) => one === path).length).toBeLessThanOrEqual(events)
    },
  )

  it('are none for another mission, and one of each on the way from view to view', async () => {
    const page = last
    const { asked } = await open('#/missions/001-start', '[data-card]', page)
    asked.length = 0
    writeMission(here.project, '002-other', { 'spec.md': '# Spec\n' })
    await quiet(asked)
    asked.length = 0
    appendFileSync(join(here.project, 'kitty-specs/002-other/spec.md'), 'More.\n')
    await quiet(asked)
    expect(asked.filter((path) => path !== NOW)).toEqual([])
    await page.goto(`${here.dashboard.url}#/missions`)
    await page.getByRole('link', { name: '002-other' }).waitFor()
    await page.goto(`${here.dashboard.url}#/daemons`)
    await page.locator('article').first().waitFor()
    await page.goto(`${here.dashboard.url}#/missions/001-start`)
    await page.locator('[data-card]').first().waitFor()
    await quiet(asked)
    expect(asked.filter((path) => path !== NOW)).toEqual([LIST, DAEMONS, MISSION])
  })

  it('miss nothing that happens while a view opens', async () => {
    const page = last
    for (let round = 0; round < ROUNDS; round += 1) {
      const written = sleep(round * (OPENS_WITHIN_MS / ROUNDS)).then(() =>
        writeMission(here.project, `1${round}-opening`, { 'spec.md': '# Spec\n' }),
      )
      await page.goto(`${here.dashboard.url}#/missions`)
      await page.reload()
      await written
      await page.getByRole('link', { name: `1${round}-opening` }).waitFor()
    }
  })

  it('look at the daemons again when asked to, and when the connection came back', async () => {
    const page = last
    const { project, dashboard } = here
    await page.goto(`${dashboard.url}#/daemons`)
    // The look that this begins is not counted.
    await page.locator('article').first().waitFor()
    const asked = countRequests(page)
    await page.reload()
    await page.locator('article').first().waitFor()
    await untilLive(page)
    await quiet(asked)
    const looks = () => asked.filter((path) => path === DAEMONS)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await eventually(() => expect(looks()).toHaveLength(2))
    await quiet(asked)
    expect(looks()).toHaveLength(2)
    expect((await here.desk.run(project, ['dashboard', '--stop'])).status).toBe(0)
    await page.locator('[data-state=lost]').waitFor()
    await here.desk.start(project, ['--port', String(dashboard.port)])
    await untilLive(page)
    await eventually(() => expect(looks()).toHaveLength(3))
    await quiet(asked)
    expect(looks()).toHaveLength(3)
  })
})

/** A change of a mission concerns no daemon. */
function withoutDaemons(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => path !== DAEMONS)
}

function countRequests(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/')) asked.push(pathname)
  })
  return asked
}

/** Waits until nothing more is asked for. */
async function quiet(asked: readonly string[]): Promise<void> {
  for (let before = -1; before < asked.length;) {
    before = asked.length
    await sleep(QUIET_MS)
  }
}

/** Returns how many changes the server has told since: an editor's one save may be two of them. */
async function countEvents(port: number): Promise<() => number> {
  const stream = await openEvents(port)
  if (stream.events.length === 0) await stream.next(60_000)
  const before = stream.events.length
  return () => {
    stream.close()
    return stream.events.length - before
  }
}
