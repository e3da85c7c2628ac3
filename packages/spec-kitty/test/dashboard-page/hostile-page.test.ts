import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  DocumentReply,
  MissionReply,
  NowReply,
  OpenDecision,
  WaitingPackage,
  WorkPackage,
} from '../../src/dashboard/api.js'
import {
  documentLink,
  printRoute,
  WHOLE_BOARD,
  WHOLE_LIST,
  type Route,
} from '../../src/dashboard/ui/url-route.js'
import { lacksChromium, startBrowser } from '../helpers/browser.js'
import { servePage } from './stand-in-server.js'

const ID = '..%2f"><img src=x onerror=globalThis.ran=1>'
const CARD = 'WP01"><script>globalThis.ran=2</script>'
const DOCUMENT = 'tasks/../a b%2F?#"<svg onload=globalThis.ran=3>.md'

const TEXT = `# <script>globalThis.ran=4</script> exe\u202Egnp.doc

<img src=x onerror="globalThis.ran=5"><svg onload="globalThis.ran=6"></svg>
<style>body{display:none}</style><meta http-equiv="refresh" content="0;url=https://evil.invalid/">
<base href="https://evil.invalid/"><iframe src="https://evil.invalid/"></iframe>
<form action="https://evil.invalid/"><input name="attributes"><button id="main">send</button></form>

![remote](https://evil.invalid/pixel.png) ![local](diagram.png) ![svg](data:image/svg+xml,x)
![dot](data:image/png;base64,iVBORw0KGgo=)

[script](javascript:globalThis.ran=7) [page](data:text/html,x) [away](https://evil.invalid/a)
`

const workPackage: WorkPackage = {
  id: CARD,
  title: `<img src=x onerror=globalThis.ran=8> ${'unbreakable'.repeat(50)}`,
  lane: 'constructor',
  is_lane_unread: false,
  lane_doubt: `doubt\u202E <img src=x onerror=globalThis.ran=20>`,
  not_ready_because: `${'held'.repeat(200)} <img src=x onerror=globalThis.ran=21>`,
  reason: `${'unbreakable'.repeat(90)} <img src=x onerror=globalThis.ran=22>`,
  last_event_at: null,
  lane_source: 'front_matter',
  column: 'planned',
  worktree: '\u202Etree',
  dependencies: ['__proto__', CARD],
  subtasks: ['<b>x</b>'],
  agent: '\u202Eevil',
  assignee: null,
  phase: 'x'.repeat(300),
  subtask_states: [{ id: '<i>T1</i>', state: '<script>globalThis.ran=10</script>' }],
  model: '<img src=x onerror=globalThis.ran=11>',
  role: '\u202Erole',
  profile: 'y'.repeat(300),
  notes: [{ at: 'no time', by: '<b>', text: '<script>globalThis.ran=12</script>\u202E' }],
  review: { by: '<b>', at: 'no time', reason: '<script>globalThis.ran=13</script>\u202E' },
  review_result: {
    verdict: '<script>globalThis.ran=14</script>',
    reviewer: '\u202E',
    reference: 'javascript:1',
  },
  front_matter_review: { status: '<script>globalThis.ran=28</script>\u202E', by: '<b>\u202E' },
  document: DOCUMENT,
  updated_at: 'no time',
  lane_since: 'no time',
  history: [
    {
      at: 'no time',
      from: '<b>',
      to: '<script>globalThis.ran=17</script>',
      by: '\u202E',
      reason: '<script>globalThis.ran=18</script>',
      verdict: '<i>',
      is_forced: true,
      is_sent_back: true,
      worktree: '\u202E',
    },
  ],
  history_omitted: 1,
  sent_back: 2,
  is_ready: true,
  waiting_for: ['__proto__'],
  subtasks_done: 1,
  subtasks_total: 2,
  next_command: 'spec-kitty <script>globalThis.ran=19</script> \u202E',
  process: {
    liveness: 'unknown',
    pid: null,
    started_at: null,
    why: '<script>globalThis.ran=20</script>\u202E',
  },
}

const DECISION: OpenDecision = {
  id: '<b>',
  question: '<script>globalThis.ran=29</script>\u202E',
  asked_at: 'no time',
  document: DOCUMENT,
}

const mission: MissionReply = {
  id: ID,
  title: `title\u202Eeltit ${'W'.repeat(400)}`,
  progress: 0,
  counts: { planned: 1, doing: 0, for_review: 0, approved: 0, done: 0 },
  not_finalised: 1,
  unknown_lanes: 1,
  unread_lanes: 1,
  lanes_in_doubt: 1,
  unreadable: [],
  updated_at: null,
  updated_from: null,
  purpose: '<script>globalThis.ran=21</script>\u202E',
  section: 'waiting',
  state: 'waiting',
  state_words: '<script>globalThis.ran=22</script>\u202E',
  merge_commit: null,
  merged_at: null,
  discarded_at: null,
  lanes: { planned: 1 },
  agents: ['\u202Eevil'],
  waiting_count: 1,
  stalled_count: 0,
  decision_count: 1,
  next_command: 'spec-kitty <script>globalThis.ran=23</script>',
  open_decisions: [DECISION],
  flow: {
    days: [
      {
        date: '2026-01-01',
        total: 1,
        planned: 1,
        doing: 0,
        for_review: 0,
        approved: 0,
        done: 0,
        canceled: 0,
      },
    ],
    packages: [{ id: CARD, started_at: 'no time', finished_at: null, cycle_seconds: null, sent_back: 1 }],
  },
  worktrees: [{ name: '<script>globalThis.ran=15</script>\u202E', events: 1 }],
  problem_count: 1,
  problems: [{ path: `kitty-specs/\u202E${'x'.repeat(300)}`, what: '<script>globalThis.ran=9</script>' }],
  work_packages: [
    workPackage,
    { ...workPackage, id: `${CARD}2`, lane: null, column: null },
    { ...workPackage, id: `${CARD}4`, lane: null, column: null, is_lane_unread: true },
    { ...workPackage, id: `${CARD}3`, lane: '<script>globalThis.ran=16</script>', column: null },
  ],
  documents: [{ name: DOCUMENT, bytes: 1, work_package: CARD }],
}

const waits: WaitingPackage = {
  ...workPackage,
  lane: '<script>globalThis.ran=24</script>',
  mission: { id: ID, title: mission.title },
  why: 'blocked',
  reason: '<script>globalThis.ran=25</script>\u202E',
}

const now: NowReply = {
  generated_at: 'no time',
  working: [waits],
  waiting: [waits],
  stalled: [waits],
  ready_to_start: [{ ...waits, unblocks: 1 }],
  ready_to_merge: [
    { mission: waits.mission, since: 'no time', command: '<script>globalThis.ran=26</script>' },
  ],
  unreadable: [
    {
      mission: waits.mission,
      problem: { path: 'a\u202Eb', what: '<script>globalThis.ran=27</script>' },
    },
  ],
  decisions: [{ ...DECISION, mission: waits.mission }],
  counts: {
    working: 1,
    waiting: 1,
    stalled: 1,
    ready_to_start: 1,
    ready_to_merge: 1,
    unreadable: 1,
    decisions: 1,
  },
}

const reply: DocumentReply = {
  name: DOCUMENT,
  format: 'markdown',
  text: TEXT,
  bytes: 1,
  is_truncated: true,
  problems: [],
}

const missionUrl = `/api/missions/${encodeURIComponent(ID)}`
const replies = new Map<string, unknown>([
  ['/api/now', now],
  ['/api/missions', { project: { name: ID, path: ID }, missions: [mission], problems: mission.problems }],
  [missionUrl, mission],
  [`${missionUrl}/documents/${encodeURIComponent(DOCUMENT)}`, reply],
])

describe.skipIf(lacksChromium())('the page, given hostile content', () => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof servePage>>

  beforeAll(async () => {
    server = await servePage(replies)
    browser = await startBrowser()
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  }, 240_000)

  const routes: readonly [Route, string][] = [
    [{ view: 'now' }, '.now-row'],
    [{ view: 'missions', list: WHOLE_LIST }, '[aria-label=Missions]'],
    [{ view: 'board', mission: ID, card: null, board: WHOLE_BOARD }, '.card'],
    [{ view: 'board', mission: ID, card: null, board: { ...WHOLE_BOARD, as: 'graph' } }, '.box'],
    [{ view: 'board', mission: ID, card: CARD, board: WHOLE_BOARD }, 'dialog [data-testid=document]'],
    [{ view: 'documents', mission: ID, document: DOCUMENT, heading: null }, '[data-testid=document]'],
    [{ view: 'flow', mission: ID }, '.chart'],
  ]
  it.each(routes)('runs nothing, sends nothing, breaks nothing: %j', async (route, shown) => {
    const { page, complaints, requests } = await open(browser, server.url, 400)
    await page.goto(server.url + printRoute(route))
    await page.waitForSelector(shown)
    await page.locator('[data-testid=connection][data-state=open]').waitFor()
    expect(await page.evaluate('globalThis.ran')).toBeUndefined()
    expect(
      requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:image/png')),
    ).toEqual([])
    expect(complaints).toEqual([])
    const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(tooWide)).toBe(0)
    expect(await page.content()).not.toContain('\u202E')
    await page.context().close()
  })

  it('waits for no stream that says nothing', async () => {
    const silent = await servePage(replies, ':\n\n')
    const { page, requests } = await open(browser, silent.url, 1280)
    await page.goto(`${silent.url}#/missions`)
    await page.waitForSelector('[aria-label=Missions]')
    expect(requests.filter((url) => url.endsWith('/api/missions'))).toHaveLength(1)
    await page.context().close()
    await silent.close()
  })

  it('leaves of a document what is harmless', async () => {
    const { page } = await open(browser, server.url, 1280)
    await page.goto(server.url + documentLink(ID, DOCUMENT))
    const body = page.getByTestId('document')
    await body.waitFor()
    const links = await body
      .locator('a[href]:not(.anchor)')
      .evaluateAll((found) => found.map((link) => link.outerHTML))
    expect(links).toHaveLength(1)
    expect(links[0]).toContain('rel="noopener noreferrer"')
    expect(await body.locator('img').count()).toBe(1)
    expect(await body.locator('[name], [style], [onerror], script, style, form, iframe, svg').count()).toBe(0)
    // Only headings have ids, which the page gives them: none is one of its own.
    const ids = await body.locator('[id]').evaluateAll((found) => found.map(({ id }) => id))
    expect(ids.length).toBeGreaterThan(0)
    expect(ids.filter((id) => !id.startsWith('heading-'))).toEqual([])
    expect(await body.textContent()).toContain('https://evil.invalid/pixel.png')
    await page.context().close()
  })
})

async function open(browser: Browser, url: string, width: number) {
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  const page: Page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('request', (request) => requests.push(request.url()))
  page.on('framenavigated', (frame) => {
    if (!frame.url().startsWith(url) && frame.url() !== 'about:blank') complaints.push(frame.url())
  })
  return { page, complaints, requests }
}
