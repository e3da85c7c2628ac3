import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import {
  makeBrowserTestEnv,
  startBrowser,
  type BrowserOptions,
  type BrowserTestEnv,
  type Dashboard,
} from './browser.js'
import { oneMission, removeProjects } from './projects.js'

/** A desk and a browser, there while the tests of a `describe` run. */
export interface BrowserDesk {
  readonly desk: BrowserTestEnv
  readonly browser: Browser
}

/**
 * Opens both before the tests of the `describe` in which it is called, and ends them, and the projects, after them; what
 * was told to run after the tests before this was called runs later still.
 */
export function useBrowser(options: () => BrowserOptions = () => ({})): BrowserDesk {
  let desk: BrowserTestEnv | undefined
  let browser: Browser | undefined
  beforeAll(async () => {
    desk = makeBrowserTestEnv()
    browser = await startBrowser(options())
  })
  afterAll(async () => {
    await browser?.close()
    await desk?.end()
    removeProjects()
  })
  return {
    get desk() {
      return there(desk)
    },
    get browser() {
      return there(browser)
    },
  }
}

/** The dashboard of a project with one mission, there while the tests of a `describe` run. */
export interface MissionDesk extends BrowserDesk {
  readonly project: string
  readonly dashboard: Dashboard
}

/** As `useBrowser`, with one project and its dashboard. */
export function useMission(options: BrowserOptions = {}): MissionDesk {
  const here = useBrowser(() => options)
  let project: string | undefined
  let dashboard: Dashboard | undefined
  beforeAll(async () => {
    project = oneMission()
    dashboard = await here.desk.start(project)
  })
  return {
    get desk() {
      return here.desk
    },
    get browser() {
      return here.browser
    },
    get project() {
      return there(project)
    },
    get dashboard() {
      return there(dashboard)
    },
  }
}

function there<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('the tests have not begun')
  return thing
}
