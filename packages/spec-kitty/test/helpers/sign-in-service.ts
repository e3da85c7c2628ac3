import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('sign-in-service.mjs', import.meta.url))

/** What the service saw: a request, or what became of a grant. */
export interface ServiceEvent {
  readonly event: string
  readonly url?: string
  readonly method?: string
  readonly authorization?: string | null
  readonly grant?: string | null
}

export interface SignInService {
  readonly url: string
  readonly events: readonly ServiceEvent[]
  /** How often a grant of this type succeeded. */
  granted(type: 'device' | 'refresh'): number
  /** Changes what is named, and sets all else back to the defaults in sign-in-service.mjs. */
  set(settings: Readonly<Record<string, unknown>>): Promise<void>
  close(): Promise<void>
}

const GRANTS = { device: 'urn:ietf:params:oauth:grant-type:device_code', refresh: 'refresh_token' }

/** Starts the provider in a process of its own. */
export async function startService(): Promise<SignInService> {
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let complaints = ''
  child.stderr?.on('data', (part: Buffer) => (complaints += part.toString()))
  const events: ServiceEvent[] = []
  let onReady = (): void => undefined
  const listening = new Promise<string>((resolve, reject) => {
    child.on('message', (message: ServiceEvent & { readonly issuer?: string }) => {
      if (message.event === 'ready') onReady()
      else if (message.issuer === undefined) events.push(message)
      else resolve(message.issuer)
    })
    child.once('exit', () => reject(new Error(complaints)))
  })
  const url = await listening
  return {
    url,
    events,
    granted: (type) =>
      events.filter(({ event, grant }) => event === 'grant.success' && grant === GRANTS[type]).length,
    set: async (settings) => {
      const ready = new Promise<void>((resolve) => (onReady = resolve))
      child.send(settings)
      await ready
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** What a person does in the browser: enters the code, signs in as `login`, and agrees. */
export async function confirmInBrowser(
  page: string,
  code: string,
  { login = 'ann', isDenied = false }: { readonly login?: string; readonly isDenied?: boolean } = {},
): Promise<string> {
  const browser = makeBrowser()
  let html = await browser.open(page)
  for (let step = 0; step < 8; step++) {
    const form = formIn(html, browser.at())
    if (form === null) return html
    if (isDenied && form.fields['prompt'] === 'login')
      return browser.open(linkIn(html, '/abort', browser.at()))
    html = await browser.submit(form.action, {
      ...form.fields,
      ...filled(form.names, { user_code: code, login, password: 'x' }),
    })
  }
  throw new Error(`the browser goes in circles at ${browser.at()}`)
}

function filled(names: readonly string[], values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))
}

interface Form {
  readonly action: string
  readonly names: readonly string[]
  readonly fields: Readonly<Record<string, string>>
}

function formIn(html: string, at: string): Form | null {
  const form = /<form[^>]*action="([^"]+)"[^>]*>(.*?)<\/form>/s.exec(html)
  if (form === null) return null
  const inputs = [...(form[2] ?? '').matchAll(/<input[^>]*>/gs)].map(([tag]) => ({
    name: /name="([^"]*)"/.exec(tag)?.[1] ?? '',
    value: /value="([^"]*)"/.exec(tag)?.[1] ?? '',
  }))
  return {
    action: new URL(form[1] ?? '', at).href,
    names: inputs.map(({ name }) => name),
    fields: Object.fromEntries(inputs.map(({ name, value }) => [name, value])),
  }
}

function linkIn(html: string, end: string, at: string): string {
  const found = [...html.matchAll(/href="([^"]+)"/g)]
    .map(([, href = '']) => href)
    .find((href) => href.endsWith(end))
  return new URL(found ?? '', at).href
}

/** Keeps cookies and follows redirects. */
function makeBrowser() {
  const cookies = new Map<string, string>()
  let current = ''
  const go = async (
    url: string,
    init: { readonly method?: string; readonly body?: URLSearchParams },
  ): Promise<string> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const next = response.headers.get('location')
    if (next !== null) return go(new URL(next, url).href, {})
    current = url
    return response.text()
  }
  return {
    at: () => current,
    open: (url: string) => go(url, {}),
    submit: (url: string, fields: Readonly<Record<string, string>>) =>
      go(url, { method: 'POST', body: new URLSearchParams({ ...fields }) }),
  }
}
