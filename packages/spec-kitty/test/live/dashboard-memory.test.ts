import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { makeProject, MISSION, type DashboardProject } from './pages-project.js'
import { get } from './pages-wire.js'
import { until, type Daemon } from './sync-root.js'
import { askHealth, requestText } from './sync-wire.js'

/** One real dashboard with large documents and many missions, and clients that ask for them and read nothing. */
let project: DashboardProject
let daemon: Daemon
let clients: Socket[] = []

/** A dashboard without clients takes 70 MiB, 32 may be unsent, 60 take two documents that are read, and 32 are garbage. */
const MOST_MIB = 224

const MIB = 1024 * 1024

/** Its replies are cut off after 10 s; the machine may be busy. */
const PATIENCE_MS = 30_000

/** The mission's documents, and how large their replies are. */
const DOCUMENTS = {
  'spec.md': 'plain text '.repeat(MIB / 11),
  // Escape characters are text, and six characters each in JSON.
  'plan.md': '\u001b'.repeat(MIB),
  // The same, and two bytes for each of them in memory.
  'research.md': `\u0416${'\u001b'.repeat(MIB - 2)}`,
}

const SMALLER = Array.from({ length: 40 }, (_, index) => `contracts/${index}.md`)

beforeAll(() => {
  project = makeProject()
  for (const [name, text] of Object.entries(DOCUMENTS)) project.write(`kitty-specs/${MISSION}/${name}`, text)
  for (const name of SMALLER) project.write(`kitty-specs/${MISSION}/${name}`, '"'.repeat(MIB))
  for (let index = 0; index < 400; index++) {
    const title = JSON.stringify({ friendly_name: '\u0001'.repeat(500) })
    project.write(`kitty-specs/many-${index}/meta.json`, title)
  }
})

afterAll(() => project?.end())

afterEach(() => {
  for (const client of clients) client.destroy()
  clients = []
})

/** Starts a dashboard that has not grown yet. */
function restart(): void {
  project.run(['dashboard', '--stop'])
  daemon = project.start()
}

function askWithoutReading(line: string): void {
  const client = connect({ host: '127.0.0.1', port: daemon.port })
  client.pause()
  client.on('error', () => undefined)
  client.write(requestText(daemon.port, line))
  clients.push(client)
}

/** The most memory that the dashboard ever had. */
function peakMib(): number {
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) / 1024
}

/** How many connections to the dashboard are open at its end: a client that reads nothing does not learn of the end. */
function connections(): number {
  const port = `:${daemon.port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  const columns = rows.map((row) => row.trim().split(/\s+/))
  return columns.filter(([, local = '', , state]) => local.endsWith(port) && state === '01').length
}

const document = (name: string): string => `/api/missions/${MISSION}/documents/${encodeURIComponent(name)}`

describe('many clients that ask at once and do not read', () => {
  it.for([
    ['the same document', 300, [`GET ${document('spec.md')}`]],
    ['a document that grows in a reply', 80, [`GET ${document('plan.md')}`]],
    ['one that grows more', 80, [`GET ${document('research.md')}`]],
    ['documents of which they want the head', 80, [`HEAD ${document('research.md')}`]],
    ['many documents', 4, SMALLER.map((name) => `GET ${document(name)}`)],
    ['the missions', 300, ['GET /api/missions']],
    ['the page', 300, ['GET /']],
  ] as const)('for %s', async ([, times, lines]) => {
    restart()
    for (let time = 0; time < times; time++) for (const line of lines) askWithoutReading(line)
    expect((await askHealth(daemon.port)).status).toBe(200)
    expect(await until(() => connections() === 0, PATIENCE_MS)).toBe(true)
    expect((await get(daemon.port, document('spec.md'))).status).toBe(200)
    figure(`${times} times ${lines[0]}: at most ${peakMib().toFixed(0)} MiB`)
    expect(peakMib()).toBeLessThan(MOST_MIB)
  })
})
