import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startTimesOf } from 'familiar/cli'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { shareChanges, type Changes } from '../../src/dashboard/share-changes.js'
import { inotifyWatchesOf } from '../helpers/machine.js'
import { emptyProject, oneMission, removeProjects } from '../helpers/projects.js'

/** Longer than anything takes on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 10 }

const closings: (() => void)[] = []

afterEach(async () => {
  for (const close of closings.splice(0)) close()
  await vi.waitFor(() => expect(inotifyWatchesOf('self')).toBe(0), PATIENCE)
  removeProjects()
})

/** Opens a page. `events` has what it is told of changes, `told` everything. */
function openPage(changes: Changes) {
  const events: unknown[] = []
  const told: (readonly [string, unknown])[] = []
  const closed = new AbortController()
  const send = (name: string, data: unknown): void => {
    told.push([name, data])
    if (name === 'changed') events.push(data)
  }
  changes.open(send, closed.signal)
  closings.push(() => closed.abort())
  return { events, told, close: () => closed.abort() }
}

const HELLO = {
  project: { id: 'p', name: 'project', path: '/project' },
  instance: 'i',
  version: '1',
  page: 'b',
}

const look = startTimesOf

describe('a page that is opened', () => {
  it('again at once finds the project watched: nothing is begun anew, however often', async () => {
    const changes = shareChanges(oneMission(), HELLO, { look })
    const first = openPage(changes)
    await vi.waitFor(() => expect(first.events).toEqual([{ missions: null }]), PATIENCE)
    first.close()
    for (let time = 0; time < 1_000; time++) {
      const page = openPage(changes)
      expect(page.events).toEqual([{ missions: null }])
      page.close()
    }
  })

  it('is told first who answers, before the project is watched', () => {
    expect(openPage(shareChanges(oneMission(), HELLO, { look })).told).toEqual([['hello', HELLO]])
  })

  it('is not told the names of very many missions', async () => {
    const project = emptyProject()
    const missions = Array.from({ length: 101 }, (_, index) => join(project, 'kitty-specs', `m${index}`))
    for (const mission of missions) mkdirSync(join(mission, 'tasks'), { recursive: true })
    const { events } = openPage(shareChanges(project, HELLO, { look }))
    await vi.waitFor(() => expect(events).toEqual([{ missions: null }]), PATIENCE)
    mkdirSync(join(missions[0] ?? '', 'tasks', 'WP01.md'))
    await vi.waitFor(() => expect(events[1]).toEqual({ missions: ['m0'] }), PATIENCE)
    for (const mission of missions) mkdirSync(join(mission, 'tasks', 'WP02.md'))
    await vi.waitFor(() => expect(events).toContainEqual({ missions: null }), PATIENCE)
    for (const event of events.slice(1) as { missions: readonly string[] | null }[])
      expect(event.missions?.length ?? 0).toBeLessThanOrEqual(100)
  })
})

describe('a page whose project is gone', () => {
  it('is told so, and of no change until the project is back', async () => {
    const project = oneMission()
    const mission = join(project, 'kitty-specs', '001-start')
    let isGone = false
    const changes = shareChanges(project, HELLO, { look, isGone: () => isGone })
    const page = openPage(changes)
    const names = () => page.told.map(([name]) => name)
    await vi.waitFor(() => expect(names()).toEqual(['hello', 'changed']), PATIENCE)
    isGone = true
    mkdirSync(join(mission, 'tasks', 'WP97.md'))
    await vi.waitFor(() => expect(names()).toEqual(['hello', 'changed', 'gone']), PATIENCE)
    mkdirSync(join(mission, 'tasks', 'WP98.md'))
    const second = openPage(changes)
    expect(second.told).toEqual([['hello', HELLO], page.told.at(-1)])
    isGone = false
    await vi.waitFor(() => expect(names().slice(3)).toEqual(['gone', 'changed']), PATIENCE)
    expect(page.told.slice(3)).toEqual([
      ['gone', { since: null }],
      ['changed', { missions: null }],
    ])
    mkdirSync(join(mission, 'tasks', 'WP99.md'))
    await vi.waitFor(() => expect(page.events.at(-1)).toEqual({ missions: ['001-start'] }), PATIENCE)
  })
})
