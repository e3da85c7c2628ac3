import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isServing, lacksChromium, openPage, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { makeBuild } from '../helpers/builds.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { endOf, until } from '../helpers/dashboards.js'
import { emptyProject, laneEvent, oneMission, writeMission } from '../helpers/projects.js'

/** What a page says of its dashboard when that is gone, hangs, is another one, or sees nothing. */
const LIST = '[aria-label=Missions] a'

/** The dashboard says something every ten seconds; a page waits 25 s for it, and then looks every two. */
const SILENCE_MS = 60_000

function connection(page: Page) {
  return page.getByTestId('connection')
}

describe.skipIf(lacksChromium())('a page whose dashboard', () => {
  const here = useBrowser()
  const children: ChildProcess[] = []
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(endOf))
  })

  async function open(url: string, shown: string) {
    const opened = await openPage(here.browser)
    await opened.page.goto(url)
    await untilLive(opened.page)
    await opened.page.locator(shown).first().waitFor()
    return opened
  }

  /** One that hangs from the beginning: the page waits beside the other tests, and the last one looks at it. */
  let hung: { project: string; dashboard: Dashboard; page: Page; since: number }
  beforeAll(async () => {
    const project = oneMission()
    const dashboard = await here.desk.start(project)
    const { page } = await open(`${dashboard.url}#/missions`, LIST)
    const since = Date.now()
    process.kill(dashboard.pid, 'SIGSTOP')
    hung = { project, dashboard, page, since }
  })

  it('made room for that of another project stops, says so, and asks for nothing more', async () => {
    const ours = await here.desk.start(oneMission())
    const theirs = emptyProject()
    writeMission(theirs, '009-theirs', { 'spec.md': '# Theirs\n' })
    const { page } = await open(`${ours.url}#/missions`, LIST)
    const board = await open(`${ours.url}#/missions/001-start`, '[data-card]')
    expect((await here.desk.run(ours.project, ['dashboard', '--stop'])).status).toBe(0)
    await page.locator('[data-state=lost]').waitFor()
    const other = await here.desk.start(theirs, ['--port', String(ours.port)])
    expect(other.port).toBe(ours.port)
    for (const tab of [page, board.page]) {
      await tab.getByRole('heading', { name: 'This address now belongs to another project' }).waitFor()
      const text = await tab.locator('main').textContent()
      for (const path of [ours.project, theirs]) expect(text).toContain(path)
      expect(await connection(tab).textContent()).toBe('Stopped')
      expect(await tab.content()).not.toContain('009-theirs')
    }
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.evaluate('location.hash = "#/missions/009-theirs"')
    await page.evaluate('location.hash = "#/daemons"')
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(asked).toEqual([])
    await page.getByRole('button', { name: /^Open/ }).click()
    await page.getByRole('link', { name: '009-theirs' }).waitFor()
    await page.context().close()
    await board.page.context().close()
  })

  it('was started for a project that another one replaced is not live, and shows nothing of that', async () => {
    const project = oneMission()
    const away = `${project}-away`
    const { url } = await here.desk.start(project)
    const { page } = await open(`${url}#/missions`, LIST)
    renameSync(project, away)
    try {
      writeMission(project, '009-theirs', { 'spec.md': '# Theirs\n' })
      await page.locator('[data-state=gone]').waitFor()
      expect(await connection(page).textContent()).toBe('Project gone')
      expect(await page.getByRole('alert').textContent()).toMatch(/^Project gone since \d.*moved, removed or/)
      expect(await page.locator('main').getAttribute('data-contact')).toBe('lost')
      const fresh = await openPage(here.browser)
      await fresh.page.goto(`${url}#/missions`)
      await fresh.page.locator('[data-state=gone]').waitFor()
      await fresh.page.getByText('could not be read').waitFor()
      for (const tab of [page, fresh.page]) expect(await tab.content()).not.toContain('009-theirs')
      await fresh.page.context().close()
    } finally {
      rmSync(project, { recursive: true, force: true })
      renameSync(away, project)
    }
    await untilLive(page)
    expect(await page.locator('.banner').count()).toBe(0)
    expect(await page.locator(LIST).count()).toBe(1)
    await page.context().close()
  })

  it('was upgraded reloads itself, once, and says why', async () => {
    const old = await here.desk.start(oneMission())
    const { page } = await open(`${old.url}#/missions/001-start`, '[data-card]')
    await page.evaluate('globalThis.kept = true')
    const directory = mkdtempSync(join(tmpdir(), 'spec-kitty-upgrade-'))
    const build = makeBuild(directory, { version: '99.0.0' })
    const index = join(build.directory, 'dist/dashboard/page/index.html')
    writeFileSync(index, readFileSync(index, 'utf8').replace(/(name="page-build" content=")[^"]*/, '$1newer'))
    const options = { cwd: old.project, env: smallEnvironment({ SPEC_KITTY_HOME: here.desk.root }) }
    const command = [build.cli, 'dashboard', '--json', '--port', String(old.port)]
    const { status, stdout } = spawnSync(process.execPath, command, { ...options, encoding: 'utf8' })
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { port: old.port, package_version: '99.0.0' }])
    await page.getByText('This page was reloaded, because the dashboard is now version 99.0.0.').waitFor()
    await page.locator('[data-card]').first().waitFor()
    await untilLive(page)
    expect(await page.evaluate('globalThis.kept')).toBeUndefined()
    expect(await page.evaluate('location.hash')).toBe('#/missions/001-start')
    await page.context().close()
    expect(spawnSync(process.execPath, [build.cli, 'dashboard', '--stop'], options).status).toBe(0)
    rmSync(directory, { recursive: true })
  })

  it('may watch nothing says that it is blind, since when and why, and still follows', async (context) => {
    const limit = 'echo 0 > /proc/sys/user/max_inotify_instances'
    const namespace = ['--user', '--map-root-user', 'sh', '-c']
    if (spawnSync('unshare', [...namespace, limit]).status !== 0) context.skip('no user namespace here')
    const project = oneMission()
    const args = [
      ...namespace,
      `${limit} && exec "$0" "$@"`,
      process.execPath,
      CLI,
      'dashboard',
      '--foreground',
    ]
    const child = spawn('unshare', args, {
      cwd: project,
      env: smallEnvironment({ SPEC_KITTY_HOME: here.desk.root }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    expect(await until(() => said.endsWith('\n'), 60_000)).toBe(true)
    const { page } = await openPage(here.browser)
    await page.goto(`${said.trim()}#/missions/001-start`)
    await page.locator('[data-state=blind]').waitFor()
    expect(await connection(page).textContent()).toBe('Blind')
    const banner = await page.locator('.banner').textContent()
    expect(banner).toMatch(/^Blind since \d.*EMFILE.*max_user_instances/)
    await page.locator('[data-card=WP10][data-lane=planned]').waitFor()
    appendFileSync(
      join(project, 'kitty-specs/001-start/status.events.jsonl'),
      laneEvent(99, 'WP10', 'claimed'),
    )
    await page.locator('[data-card=WP10][data-lane=claimed]').waitFor()
    await page.context().close()
    child.kill('SIGTERM')
    expect(await endOf(child)).toBe(0)
  })

  it('hangs says since when it has not heard from it, and recovers', async () => {
    const { project, dashboard, page, since: before } = hung
    try {
      await page.locator('[data-state=lost]').waitFor({ timeout: SILENCE_MS })
      const said = page.getByRole('alert').locator('time')
      const since = Date.parse((await said.getAttribute('datetime')) ?? '')
      expect(Math.abs(since - before)).toBeLessThan(15_000)
      expect(await page.getByRole('alert').textContent()).toContain('No contact since')
      expect(await page.locator('main').getAttribute('data-contact')).toBe('lost')
      const filter = 'getComputedStyle(document.querySelector("main .view")).filter'
      expect(await page.evaluate(filter)).toBe('grayscale(1)')
      expect(await page.locator(LIST).count()).toBe(1)
      writeMission(project, '002-meanwhile')
    } finally {
      process.kill(dashboard.pid, 'SIGCONT')
    }
    await untilLive(page)
    await page.getByRole('link', { name: '002-meanwhile' }).waitFor()
    expect(await page.evaluate('getComputedStyle(document.querySelector("main .view")).filter')).toBe('none')
    expect(isServing(dashboard)).toBe(true)
    await page.context().close()
  })
})
