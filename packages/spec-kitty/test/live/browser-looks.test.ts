import { beforeAll, describe, expect, it } from 'vitest'
import { writeExampleProject } from '../../../../scripts/example-projects.mjs'
import { lacksChromium, openPage, overflowOf, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { emptyProject, everyLane, oneMission, prompt, writeMission } from '../helpers/projects.js'
import { VIEWS } from '../helpers/views.js'

/** What every view must be, whatever it shows: as wide as the window, quiet in the console, in both themes. */
describe.skipIf(lacksChromium())('every view in a browser', () => {
  const dashboards = new Map<string, Dashboard>()

  const here = useBrowser()
  beforeAll(async () => {
    for (const [name, project] of [
      ['empty', emptyProject()],
      ['lanes', everyLane()],
      ['mission', oneMission()],
      ['long', longNames()],
      ['example', exampleProject()],
    ] as const) {
      dashboards.set(name, await here.desk.start(project))
    }
  })

  const views = [
    ['empty', '#/missions', '.notice'],
    ['lanes', '#/', '.now-row'],
    ['lanes', '#/missions', '.mission-row'],
    ['lanes', '#/missions/002-lanes', '[data-card]'],
    ['lanes', '#/missions/002-lanes?card=WP11', 'dialog [data-testid=document]'],
    ['mission', '#/missions/001-start/', '[data-testid=document]'],
    ['mission', '#/missions/001-start/contracts%2Fapi.yaml', 'pre[data-testid=document]'],
    ['mission', '#/daemons', 'article'],
    ['mission', '#/nowhere/at/all', '.notice'],
    ['long', '#/missions', '.mission-row'],
    ['long', '#/missions/001-long', '[data-card]'],
    ['long', '#/missions/001-long?card=WP01', 'dialog [data-testid=document]'],
    ['long', '#/missions/001-long/spec.md', '[data-testid=document]'],
  ] as const

  it.each(views)(
    '%s %s fits into 400 px, can be read, and complains of nothing',
    async (project, view, shown) => {
      const { page, complaints } = await openPage(here.browser, {
        viewport: { width: 400, height: 800 },
        reducedMotion: 'reduce',
      })
      await page.goto(`${dashboards.get(project)?.url}${view}`)
      await page.locator(shown).first().waitFor()
      await untilLive(page)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await overflowOf(page)).toBe(0)
        expect(await page.evaluate(OUTSIDE)).toEqual([])
        expect([colorScheme, await page.evaluate(PALE)]).toEqual([colorScheme, []])
      }
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it.each(VIEWS)(
    'has nothing in front of a button, and no choice that is cut off: %s',
    async (_, view, shown) => {
      const { page } = await openPage(here.browser, { reducedMotion: 'reduce' })
      await page.goto(`${dashboards.get('example')?.url}${view}`)
      await page.locator(shown).first().waitFor()
      for (const width of [1280, 900, 400]) {
        await page.setViewportSize({ width, height: 800 })
        expect([width, await page.evaluate(COVERED)]).toEqual([width, []])
        expect([width, await page.evaluate(CUT_CHOICES)]).toEqual([width, []])
      }
      await page.context().close()
    },
  )

  it('shows which document is chosen, and has its buttons beside its name only where there is room', async () => {
    const { page } = await openPage(here.browser, { viewport: { width: 400, height: 800 } })
    const view = '#/missions/002-offline-queue/checklists%2Frequirements.md'
    await page.goto(`${dashboards.get('example')?.url}${view}`)
    await page.locator('[data-testid=document]').waitFor()
    const chosen = await page.locator('.shelf [aria-current]').boundingBox()
    const shelf = await page.locator('.shelf').boundingBox()
    expect(chosen?.y).toBeGreaterThanOrEqual(shelf?.y ?? Infinity)
    expect(chosen?.y).toBeLessThan((shelf?.y ?? 0) + (shelf?.height ?? 0))
    for (const [width, isBeside] of [
      [400, false],
      [1280, true],
    ] as const) {
      await page.setViewportSize({ width, height: 800 })
      const name = await page.locator('#document-name bdi').boundingBox()
      const tools = await page.locator('.sheet .tools .quiet').boundingBox()
      expect(name === null || tools === null).toBe(false)
      if (name === null || tools === null) return
      if (isBeside) expect(tools.x).toBeGreaterThan(name.x + name.width)
      else expect(tools.y).toBeGreaterThanOrEqual(name.y + name.height)
    }
    await page.context().close()
  })

  it('cuts no word of a table or a field at 400 px without a sign that it goes on', async () => {
    const { page } = await openPage(here.browser, { viewport: { width: 400, height: 800 } })
    const url = dashboards.get('example')?.url ?? ''
    await page.goto(`${url}#/flow/002-offline-queue`)
    await page.locator('.figures').first().waitFor()
    expect(await page.evaluate(UNMARKED)).toEqual([])
    await page.goto(`${url}#/missions/002-offline-queue`)
    const field = page.getByLabel('Find a work package')
    expect(await field.getAttribute('placeholder')).toBe('Find a work package')
    await page.context().close()
  })

  it.each(VIEWS)('%s fits between 641 and 1000 px and at 200 % zoom', async (_, view, shown) => {
    const { page, complaints } = await openPage(here.browser, {
      reducedMotion: 'reduce',
      deviceScaleFactor: 2,
    })
    await page.goto(`${dashboards.get('example')?.url}${view}`)
    await page.locator(shown).first().waitFor()
    await untilLive(page)
    for (const width of [1000, 800, 641, 640]) {
      await page.setViewportSize({ width, height: 400 })
      expect([width, await overflowOf(page)]).toEqual([width, 0])
      const board = page.locator('.board').first()
      if ((await board.count()) === 0) continue
      const hidden = await board.evaluate((one) => one.scrollWidth - one.clientWidth)
      expect([width, hidden]).toEqual([width, 0])
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it.each(VIEWS)('%s shows all that it has when the reader zooms to 200 %', async (_, view, shown) => {
    const { page, complaints } = await openPage(here.browser, { reducedMotion: 'reduce' })
    await page.goto(`${dashboards.get('example')?.url}${view}`)
    await page.locator(shown).first().waitFor()
    await untilLive(page)
    // As the zoom of a browser does: the window stays as large, and has half as many pixels of CSS.
    const session = await page.context().newCDPSession(page)
    const { width, height } = { width: 640, height: 400 }
    await session.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 2,
      mobile: false,
    })
    expect(await page.evaluate('[innerWidth, devicePixelRatio]')).toEqual([width, 2])
    expect(await overflowOf(page)).toBe(0)
    expect(await page.evaluate(OUTSIDE)).toEqual([])
    expect(await page.evaluate(CUT)).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('follows the theme of the machine until one is chosen, and keeps the choice', async () => {
    const { page, complaints } = await openPage(here.browser, { colorScheme: 'dark' })
    await page.goto(dashboards.get('mission')?.url ?? '')
    const toggle = page.getByRole('button', { name: /^Theme/ })
    const paper = (): Promise<number> => page.evaluate(PAPER_BRIGHTNESS)
    expect(await paper()).toBeLessThan(80)
    await toggle.click()
    expect(await toggle.getAttribute('aria-label')).toBe('Theme: Light')
    expect(await paper()).toBeGreaterThan(200)
    await page.reload()
    await toggle.waitFor()
    expect(await paper()).toBeGreaterThan(200)
    await toggle.click()
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await toggle.getAttribute('aria-label')).toBe('Theme: Dark')
    expect(await paper()).toBeLessThan(80)
    await toggle.click()
    expect(await paper()).toBeGreaterThan(200)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

function exampleProject(): string {
  const project = emptyProject()
  writeExampleProject(project)
  return project
}

function longNames(): string {
  const project = emptyProject()
  const word = 'unbreakable'.repeat(20)
  writeMission(project, '001-long', {
    'meta.json': JSON.stringify({ title: word }),
    'spec.md': `# ${word}\n\n${word}\n\n\`${word}\`\n\n| a | b |\n| - | - |\n| ${word} | ${word} |\n\n    ${word}\n`,
    [`tasks/WP01-${'x'.repeat(200)}.md`]: prompt('WP01', word, `agent: ${word}\nsubtasks: [${word}]\n`),
    [`contracts/${'y'.repeat(200)}.yaml`]: 'openapi: 3.1.0\n',
  })
  return project
}

/** What stands out of the window to the right, unless it is in something that scrolls or is cut by itself. */
const OUTSIDE = `[...document.querySelectorAll('body *')].filter((element) => {
  const box = element.getBoundingClientRect()
  if (box.width === 0 || box.right <= innerWidth + 0.5) return false
  for (let at = element.parentElement; at !== null && at !== document.documentElement; at = at.parentElement) {
    if (getComputedStyle(at).overflowX !== 'visible') return false
  }
  return true
}).map((element) => element.outerHTML.slice(0, 200))`

/** Buttons, choices and fields that a click in their middle does not reach, because something else is hit there. */
const COVERED = `[...(document.querySelector('dialog[open]') ?? document).querySelectorAll('button, summary, select, input')].filter((element) => {
  if (!element.checkVisibility({ visibilityProperty: true })) return false
  element.scrollIntoView({ block: 'center', behavior: 'instant' })
  const box = element.getBoundingClientRect()
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
  return !element.contains(hit)
}).map((element) => element.outerHTML.slice(0, 200))`

/** Choices whose text is wider than they are: what is chosen must be readable. */
const CUT_CHOICES = `[...document.querySelectorAll('select')].filter((select) => {
  const copy = select.cloneNode(false)
  copy.append(new Option(select.selectedOptions[0].text))
  copy.style.maxWidth = copy.style.flex = 'none'
  select.after(copy)
  const isCut = copy.getBoundingClientRect().width > select.getBoundingClientRect().width + 0.5
  copy.remove()
  return isCut
}).map((select) => select.selectedOptions[0].text)`

/** What holds more than it shows, and neither scrolls nor says by an ellipsis that something is missing. */
const CUT = `[...document.querySelectorAll('body *')].filter((element) => {
  const style = getComputedStyle(element)
  const isCutting = [style.overflowX, style.overflowY].some((overflow) => overflow === 'hidden' || overflow === 'clip')
  if (!isCutting || element.closest('.visually-hidden, svg') !== null || !element.checkVisibility()) return false
  const isSaid = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
  const isMore = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1
  return isMore && !isSaid
}).map((element) => element.outerHTML.slice(0, 200))`

/** What scrolls sideways without a shadow at its side, and words in heads of tables that are broken. */
const UNMARKED = `[
  ...[...document.querySelectorAll('.wide')].filter((element) =>
    element.scrollWidth > element.clientWidth && !getComputedStyle(element).backgroundAttachment.includes('local')),
  ...[...document.querySelectorAll('thead th')].filter((head) => {
    const range = document.createRange()
    range.selectNodeContents(head)
    return range.getClientRects().length > head.textContent.split(' ').length
  }),
].map((element) => element.outerHTML.slice(0, 200))`

const RGBA = `const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    return [...context.getImageData(0, 0, 1, 1).data]
  }`

const PAPER_BRIGHTNESS = `(() => {
  ${RGBA}
  const [red, green, blue] = rgba(getComputedStyle(document.documentElement).backgroundColor)
  return (red + green + blue) / 3
})()`

/** Text with less contrast to what is behind it than WCAG 2 asks for (4.5 to 1, large text 3 to 1). */
const PALE = `(() => {
  ${RGBA}
  const linear = (part) => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  const over = (top, below) => top.slice(0, 3).map((part, at) => (part * top[3] + below[at] * (255 - top[3])) / 255)
  const behind = (element) => {
    if (element === null) return [255, 255, 255]
    const color = rgba(getComputedStyle(element).backgroundColor)
    return color[3] === 255 ? color.slice(0, 3) : over(color, behind(element.parentElement))
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const pale = new Set()
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    if (texts.currentNode.data.trim() === '' || !element.checkVisibility({ visibilityProperty: true })) continue
    const style = getComputedStyle(element)
    const below = behind(element)
    const [one, other] = [luminance(over(rgba(style.color), below)), luminance(below)]
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (contrast < (isLarge ? 3 : 4.5)) pale.add(element.className + ' ' + texts.currentNode.data.slice(0, 30) + ' ' + contrast.toFixed(2))
  }
  return [...pale]
})()`
