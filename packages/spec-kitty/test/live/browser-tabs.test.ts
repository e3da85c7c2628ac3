import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, CDPSession } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium } from '../helpers/browser.js'
import { useMission } from '../helpers/browser-desk.js'
import { laneEvent, writeMission } from '../helpers/projects.js'

/** More than a browser opens connections to one server: it opens six. */
const TABS = 7

/** What is not so after this time hangs. */
const SOON_MS = 60_000

const WINDOWS = { hasWindows: true }

describe.skipIf(lacksChromium(WINDOWS))('many tabs of one window', () => {
  const here = useMission(WINDOWS)
  let window: Window
  beforeAll(async () => {
    window = await openWindow(here.browser)
  })

  /** Each test takes the tabs as the one before it left them. */
  const tabs: Tab[] = []
  function twoTabs(): readonly [Tab, Tab] {
    const [first, second] = tabs
    if (first === undefined || second === undefined) throw new Error('there are no two tabs')
    return [first, second]
  }

  it('show their list, each, and follow again when they are shown again', async () => {
    for (let opened = 0; opened < TABS; opened += 1) {
      const tab = await window.open(`${here.dashboard.url}#/missions`)
      tabs.push(tab)
      await shows(tab, `${STATE} === 'open' && ${ROWS}.includes('Start here')`)
      await tab.evaluate(WATCH)
    }
    const [first, ...others] = tabs
    expect(await first?.evaluate('document.hidden')).toBe(true)
    writeMission(here.project, '002-meanwhile')
    for (const tab of [...others.toReversed(), first]) {
      if (tab === undefined) throw new Error('there is no first tab')
      await tab.show()
      await shows(tab, `!document.hidden && ${ROWS}.includes('002-meanwhile')`)
    }
    writeMission(here.project, '003-afterwards')
    await shows(first, `${ROWS}.includes('003-afterwards')`)
    expect(await Promise.all(tabs.map((tab) => tab.evaluate('globalThis.flashes')))).toEqual(
      tabs.map(() => []),
    )
  })

  it('notify of what begins to wait while they are hidden', async () => {
    const [tab, front] = twoTabs()
    await tab.show()
    await shows(tab, `${STATE} === 'open'`)
    await tab.evaluate(ALLOW_NOTIFICATIONS)
    await front.show()
    await shows(tab, 'document.hidden')
    const log = join(here.project, 'kitty-specs/001-start/status.events.jsonl')
    appendFileSync(log, laneEvent(300, 'WP02', 'blocked'))
    await shows(tab, `shownNotifications.length === 1 && shownNotifications[0].startsWith('true ')`)
  })

  it('show what they are opened for also behind another one', async () => {
    const [front, behind] = twoTabs()
    await front.show()
    // A reload returns before the page is another one: the mark tells which of the two answers.
    await behind.evaluate('globalThis.isBefore = true, location.reload()')
    await shows(behind, `!globalThis.isBefore && document.hidden && ${ROWS}.includes('Start here')`)
    expect(await behind.evaluate(STATE)).toBe('connecting')
    await behind.show()
    await shows(behind, `${STATE} === 'open'`)
    await window.close()
  })
})

/** A browser that allows notifications, and keeps what it would show; the page was asked for them before. */
const ALLOW_NOTIFICATIONS = `void (() => {
  localStorage.setItem('spec-kitty-notify', '1')
  globalThis.shownNotifications = []
  globalThis.Notification = class extends EventTarget {
    static permission = 'granted'
    constructor(title, { body }) {
      super()
      shownNotifications.push(document.hidden + ' ' + title + ': ' + body)
    }
  }
})()`

const STATE = `document.querySelector('[data-testid=connection]')?.dataset.state`
const ROWS = `(document.querySelector('[aria-label=Missions]')?.textContent ?? '')`

/** Keeps everything that the page says of its connection but that it is there. */
const WATCH = `void (() => {
  globalThis.flashes = []
  const look = () => {
    if (${STATE} !== 'open') flashes.push(${STATE})
    if (document.querySelector('[role=alert]') !== null) flashes.push('alert')
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true })
})()`

async function shows(tab: Tab | undefined, condition: string): Promise<void> {
  await expect.poll(() => tab?.evaluate(condition), { timeout: SOON_MS }).toBe(true)
}

/** A tab that is really hidden behind another one: Playwright's own pages count as shown, all of them, always. */
interface Tab {
  readonly show: () => Promise<void>
  readonly evaluate: (expression: string) => Promise<unknown>
}

type Window = Awaited<ReturnType<typeof openWindow>>

async function openWindow(browser: Browser) {
  const devtools = await browser.newBrowserCDPSession()
  const { browserContextId } = await devtools.send('Target.createBrowserContext')
  let isEmpty = true
  return {
    open: async (url: string): Promise<Tab> => {
      const { targetId } = await devtools.send('Target.createTarget', {
        url,
        browserContextId,
        newWindow: isEmpty,
      })
      isEmpty = false
      return {
        show: async () => void (await devtools.send('Target.activateTarget', { targetId })),
        evaluate: await attach(devtools, targetId),
      }
    },
    close: async () => {
      await devtools.send('Target.disposeBrowserContext', { browserContextId })
      await devtools.detach()
    },
  }
}

async function attach(devtools: CDPSession, targetId: string): Promise<Tab['evaluate']> {
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false })
  const waiting = new Map<number, (value: unknown) => void>()
  devtools.on('Target.receivedMessageFromTarget', (received) => {
    if (received.sessionId !== sessionId) return
    const { id, result } = JSON.parse(received.message)
    waiting.get(id)?.(result?.result?.value)
  })
  return async (expression) => {
    const id = waiting.size + 1
    const params = { expression, returnByValue: true }
    const answered = new Promise((resolve) => waiting.set(id, resolve))
    const message = JSON.stringify({ id, method: 'Runtime.evaluate', params })
    await devtools.send('Target.sendMessageToTarget', { sessionId, message })
    return answered
  }
}
