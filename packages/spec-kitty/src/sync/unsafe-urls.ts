import { checkServerUrl } from './check-server-url.js'
import { describeSource, type Settings } from './settings-table.js'

const URLS = ['sync.server_url', 'sync.issuer'] as const
type UrlKey = (typeof URLS)[number]

/**
 * Returns, in one line, why a URL of the settings is not safe for a token; null if it is safe, is not set, or is wrong
 * anyway. A URL may be well-formed and unsafe. It keeps every event here, so no command may show it as correct.
 */
export function unsafeUrl(key: string, settings: Settings): string | null {
  return isUrl(key) ? unsafe(key, settings) : null
}

/** Returns such a line for each unsafe URL. */
export function unsafeUrls(settings: Settings): readonly string[] {
  return URLS.flatMap((key) => unsafe(key, settings) ?? [])
}

function isUrl(key: string): key is UrlKey {
  return URLS.some((one) => one === key)
}

function unsafe(key: UrlKey, settings: Settings): string | null {
  const found = settings.get(key)
  if (found.state === 'wrong' || found.value === null) return null
  const checked = checkServerUrl(found.value)
  if (checked.state === 'usable') return null
  const { source } = found
  const name = source.kind === 'environment' ? source.variable : key
  const place = source.kind === 'file' ? ` (${describeSource(source)})` : ''
  return `${name}: ${checked.why}; write https://...${place}`
}
