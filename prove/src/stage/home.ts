import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'

/** The part of a record that an observer needs. */
export interface Recorded {
  readonly state: string
  readonly pid: number
  readonly port: number
  readonly token: string
  readonly version: string
}

export function recordPath(home: string): string {
  return join(home, 'daemons', 'sync', 'record.json')
}

/** Returns the record of a home; null if there is none, `damaged` if it cannot be read. */
export function recordOf(home: string): Recorded | null | 'damaged' {
  let text: string
  try {
    text = readFileSync(recordPath(home), 'utf8')
  } catch {
    return null
  }
  try {
    const { state, pid, port, token, package_version: version } = JSON.parse(text)
    return { state, pid, port, token, version }
  } catch {
    return 'damaged'
  }
}

/** Matches the files that may be beside a record while nothing is in progress. */
const EXPECTED =
  /^(?:record\.json|last-work\.json|waiting\.json|(?:daemon|lifecycle)\.lock|daemon\.log(?:\.\d+)?|queue\.db(?:-wal|-shm|-journal|\.lock)?|\.gitignore)$/

/** Returns the names of the files beside the record that should not be there. */
export function leftoversIn(home: string): readonly string[] {
  try {
    return readdirSync(join(home, 'daemons', 'sync')).filter((name) => !EXPECTED.test(name))
  } catch {
    return []
  }
}

/** Returns the pid and the version that the daemon on a port reports; null if no daemon answers there. */
export function healthOn(port: number): Promise<{ readonly pid: number; readonly version: string } | null> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/api/health', timeout: 5_000, agent: false },
      (reply) => {
        let text = ''
        reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
        reply.on('error', () => resolve(null))
        reply.on('end', () => resolve(ownerIn(text)))
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
  })
}

function ownerIn(text: string): { readonly pid: number; readonly version: string } | null {
  try {
    const { owner, package_version: version } = JSON.parse(text)
    return { pid: owner.pid, version }
  } catch {
    return null
  }
}

/** Creates a project that has opted in, and a session with a server, so that events may leave. */
export function prepareSync(home: string, project: string, url: string): void {
  mkdirSync(join(project, '.kittify'), { recursive: true })
  writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: true\n')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const session = {
    kind: 'device',
    server_url: url,
    principal: 'dev@example.org',
    signed_in_at: '2026-01-01T00:00:00.000Z',
    issuer: url,
    client_id: 'spec-kitty-cli',
    token_endpoint: `${url}/token`,
    access_token: 'first',
    refresh_token: 'renewing',
  }
  writeFileSync(join(home, 'session.json'), JSON.stringify(session), { mode: 0o600 })
}
