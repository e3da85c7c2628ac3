import { beforeAll, describe, expect, it } from 'vitest'
import { violationsOf } from '../helpers/axe.js'
import { lacksChromium, openPage, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, laneEvent, prompt, writeMission } from '../helpers/projects.js'

/** No system has so many processes. */
const ENDED = 4_194_303

/** What needs the reader and is not a package for review: work that an agent left, and a decision. */
describe.skipIf(lacksChromium())('work that was left, in a browser', () => {
  let dashboard: Dashboard

  const here = useBrowser()
  beforeAll(async () => {
    dashboard = await here.desk.start(leftProject())
  })

  async function show(view: string, shown: string) {
    const opened = await openPage(here.browser)
    await opened.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await opened.page.goto(`${dashboard.url}${view}`)
    await opened.page.locator(shown).first().waitFor()
    await untilLive(opened.page)
    return opened
  }

  it('says what can be done about a package that has stalled: look, see its worktree, take it up again', async () => {
    const { page, complaints } = await show('#/', '.now-row')
    const row = page.getByRole('region', { name: 'Stalled' }).locator('[data-package=WP01]')
    const copied = () => page.evaluate('navigator.clipboard.readText()')
    const again = 'spec-kitty agent action implement WP01 --mission m'
    await row.getByRole('button', { name: 'Copy command for WP01' }).click()
    expect(await copied()).toBe(again)
    await row.getByText('What can I do?').click()
    expect(new URL(page.url()).hash).toBe('#/')
    expect(await row.locator('.left-work .command').allTextContents()).toEqual([
      `ps -o pid,lstart,command -p ${ENDED}`,
      'git -C .worktrees/m-lane-a status',
      again,
    ])
    await row.getByRole('button', { name: 'Copy the command' }).nth(1).click()
    expect(await copied()).toBe('git -C .worktrees/m-lane-a status')
    expect(await violationsOf(page)).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('has the command that takes it up again in the opened package, too', async () => {
    const { page, complaints } = await show('#/missions/m?card=WP01', 'dialog [data-testid=document]')
    const next = page.getByRole('dialog').locator('.next .command')
    expect(await next.textContent()).toBe('spec-kitty agent action implement WP01 --mission m')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('lists an open decision as waiting for you, counts it, and leads to its document', async () => {
    const { page, complaints } = await show('#/', '.is-asked')
    const row = page.getByRole('region', { name: 'Waiting for you' }).locator('.is-asked')
    expect(await row.textContent()).toMatch(/Decision.*Which port\?.*Mission M/)
    expect(await page.title()).toMatch(/^\(2\) Now/)
    await row.getByRole('link').click()
    await page.getByTestId('document').waitFor()
    expect(new URL(page.url()).hash).toBe('#/missions/m/decisions%2FDM-D1.md')
    expect(await page.getByRole('list', { name: 'Open decisions' }).textContent()).toContain('Which port?')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('marks a review that only the front matter says', async () => {
    const { page, complaints } = await show('#/missions/m?card=WP02', 'dialog [data-testid=document]')
    const facts = await page.getByRole('dialog').locator('.facts').textContent()
    expect(facts).toMatch(/Review.*has feedback.*by eve.*from front matter/)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

/** A mission with a package whose process has ended and whose last event is in a worktree, and an open decision. */
function leftProject(): string {
  const project = emptyProject()
  const log = [
    `${JSON.stringify({
      event_id: 'D',
      at: '2026-01-01T00:00:00Z',
      event_type: 'DecisionPointOpened',
      payload: { decision_point_id: 'D1', question: 'Which port?' },
    })}\n`,
    laneEvent(1, 'WP01', 'planned'),
    laneEvent(2, 'WP02', 'planned'),
  ].join('')
  const claim = { agent: 'otter', shell_pid: ENDED, shell_pid_created_at: '1767225600' }
  writeMission(project, 'm', {
    'meta.json': JSON.stringify({ friendly_name: 'Mission M' }),
    'decisions/DM-D1.md': '# Which port?\n',
    'tasks/WP01.md': prompt('WP01', 'Left'),
    'tasks/WP02.md': prompt(
      'WP02',
      'Said',
      'review_status: has_feedback\nreviewed_by: eve\ndependencies: [WP01]\n',
    ),
    'status.events.jsonl': log,
  })
  writeMission(project, '../.worktrees/m-lane-a/kitty-specs/m', {
    'status.events.jsonl': log + laneEvent(3, 'WP01', 'in_progress', { policy_metadata: claim }),
  })
  return project
}
