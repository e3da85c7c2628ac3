import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lacksChromium, openPage, untilLive } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, laneEvent, prompt, write, writeMission } from '../helpers/projects.js'

const ID = '001-login'
const COORD = `${ID}-01KV4567-coord`
const LOG = 'status.events.jsonl'

/** A mission whose coordination worktree is ahead, with packages of every kind of standing. */
function project(): { readonly path: string; readonly copy: string } {
  const path = emptyProject()
  const shared = ['WP01', 'WP02', 'WP03'].map((id, at) => laneEvent(at, id, 'planned')).join('')
  writeMission(path, ID, {
    'tasks/WP01.md': prompt('WP01', 'One'),
    'tasks/WP02.md': prompt(
      'WP02',
      'Two',
      'dependencies: [WP01, WP03]\nagent: planned\nsubtasks: [T1, T2]\n',
    ),
    'tasks/WP03.md': prompt('WP03', 'Three'),
    'tasks/WP04.md': prompt('WP04', 'Four'),
    'tasks/WP05.md': prompt('WP05', 'Five', 'dependencies: "[]"\n'),
    [LOG]: shared + laneEvent(9, 'WP05', 'teleported'),
  })
  const annotation = {
    kind: 'annotation',
    event_id: 'n1',
    at: '2026-01-01T00:01:00Z',
    wp_id: 'WP02',
    actor: 'ada',
    delta: {
      agent: 'robin',
      model: 'large',
      role: 'implementer',
      subtasks: { T1: 'done' },
      note: 'Half way.',
    },
  }
  const copy = join(path, '.worktrees', COORD, 'kitty-specs', ID, LOG)
  write(copy, `${shared}${laneEvent(10, 'WP01', 'approved')}${JSON.stringify(annotation)}\n`)
  writeMission(path, '000-old', {
    'tasks/WP01.md': prompt('WP01', 'Old one', 'lane: done\n'),
    'tasks/doing/WP02.md': prompt('WP02', 'Old two'),
  })
  return { path, copy }
}

describe.skipIf(lacksChromium())('a board', () => {
  const here = useBrowser()

  it('shows what the log says, wherever its events are, and makes nothing up', async () => {
    const { path, copy } = project()
    const { url } = await here.desk.start(path)
    const { page, complaints } = await openPage(here.browser)
    await page.goto(`${url}#/missions/${ID}`)
    await untilLive(page)
    const column = (name: string) => page.getByRole('region', { name }).locator('[data-card]')
    await column('Approved').and(page.locator('[data-card=WP01]')).waitFor()
    expect(await column('Approved').textContent()).toContain('from a worktree')
    expect(await page.getByRole('list', { name: 'Worktrees' }).textContent()).toBe(
      `2 events from the worktree ${COORD}, not in the main checkout yet`,
    )
    const open = page.getByRole('region', { name: 'Not finalised' })
    expect(await open.locator('[data-card]').count()).toBe(1)
    expect(await open.textContent()).toContain(`spec-kitty agent mission finalize-tasks --mission ${ID}`)
    expect(await column('Unknown lane').textContent()).toContain('teleported')
    const problems = await page.getByRole('region', { name: 'Problems' }).textContent()
    expect(problems).toContain('its dependencies are the text "[]", not a list')
    expect(problems).toContain('line 4 moves WP05 into a lane that this version does not know: teleported')
    // Approved is enough for what depends on it; planned is not.
    const needs = page.locator('[data-card=WP02] .card-needs bdi')
    expect(await needs.allTextContents()).toEqual(['WP01 (approved)', 'WP03 (not done yet)'])
    appendFileSync(copy, laneEvent(70, 'WP03', 'done'))
    await page.locator('[data-card=WP03][data-lane=done]').waitFor()
    expect(await needs.allTextContents()).toEqual(['WP01 (approved)', 'WP03 (done)'])
    await page.getByRole('link', { name: 'WP02 Two' }).click()
    const facts = await page.getByRole('dialog').locator('.facts').textContent()
    for (const text of ['robin', 'large', 'implementer', '1 of 2 done']) expect(facts).toContain(text)
    expect(facts).not.toContain('planned')
    expect(await page.getByRole('dialog').locator('.notes').textContent()).toContain('Half way.')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('of an old project has the lanes of its files, marked', async () => {
    const { path } = project()
    const { url } = await here.desk.start(path)
    const { page } = await openPage(here.browser)
    await page.goto(`${url}#/missions/000-old`)
    const [done, doing] = ['Done', 'Doing'].map((name) => page.getByRole('region', { name }))
    await done?.getByText('from front matter').waitFor()
    await doing?.getByText('from front matter').waitFor()
    expect([await done?.getByText('Old one').count(), await doing?.getByText('Old two').count()]).toEqual([
      1, 1,
    ])
    await page.context().close()
  })

  it('is that of the project, also when the command runs in a worktree', async () => {
    const { path } = project()
    const dashboard = await here.desk.start(path)
    const worktree = join(path, '.worktrees', COORD)
    mkdirSync(join(worktree, '.kittify'), { recursive: true })
    writeFileSync(join(worktree, '.kittify/config.yaml'), '')
    const { status, stdout } = await here.desk.run(worktree, ['dashboard', '--json'])
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { project: path, pid: dashboard.pid }])
  })
})
