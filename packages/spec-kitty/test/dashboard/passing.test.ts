import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { watchPassing } from '../../src/dashboard/watch-passing.js'
import {
  emptyProject,
  laneEvent,
  prompt,
  removeProjects,
  writeMission,
  type Files,
} from '../helpers/projects.js'

const LOG = 'status.events.jsonl'
const HOUR_MS = 3_600_000
const SKEW_MS = 5 * 60_000

describe('a mission that changes although no file does', () => {
  afterEach(removeProjects)

  async function changesAt(log: string, changed = new Date(), more: Files = {}) {
    const project = emptyProject()
    const files = { 'tasks/WP01.md': prompt('WP01', 'One'), [LOG]: log, ...more }
    const mission = writeMission(project, 'm', files)
    utimesSync(join(mission, LOG), changed, changed)
    const times: (number | null)[] = []
    await openProject(project, { onRead: (_, time) => times.push(time) }).mission('m')
    return times
  }
  const torn = `${laneEvent(1, 'WP01', 'approved')}{"event_id":`

  it('does so when its unfinished line counts as cut off', async () => {
    // A whole second: the time of a file is set as a fraction, which is not exact.
    const changed = new Date(Math.floor(Date.now() / 1000 - 4) * 1000)
    expect(await changesAt(torn, changed)).toEqual([changed.getTime() + 10_001])
    expect(await changesAt(torn, new Date(Date.now() - 60_000))).toEqual([null])
  })

  it('does so when the first time of an event comes', async () => {
    const at = (hours: number) => ({ at: new Date(Date.now() + hours * HOUR_MS).toISOString() })
    const [first, second] = [at(2), at(1)]
    const log = laneEvent(1, 'WP01', 'planned', first) + laneEvent(2, 'WP01', 'approved', second)
    expect(await changesAt(log)).toEqual([Date.parse(second.at) - SKEW_MS])
  })

  it('does so when a date of meta.json comes', async () => {
    const merged_at = new Date(Date.now() + HOUR_MS).toISOString()
    const more = { 'meta.json': JSON.stringify({ created_at: '2026-01-01', merged_at }) }
    expect(await changesAt('', new Date(), more)).toEqual([Date.parse(merged_at) - SKEW_MS])
  })

  it('does not otherwise', async () => {
    expect(await changesAt(laneEvent(1, 'WP01', 'approved'))).toEqual([null])
  })
})

describe('the pages of such missions', () => {
  const told: (readonly string[])[] = []
  const { note, begin, end } = watchPassing((missions) => told.push(missions))

  beforeEach(() => {
    vi.useFakeTimers()
    told.length = 0
    begin()
  })
  afterEach(() => {
    end()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('are told once, at the time', () => {
    note('a', Date.now() + 1000)
    note('b', Date.now() + 3000)
    note('c', Date.now() + 3000)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(999)
    expect(told).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual([['a'], ['b', 'c']])
  })

  it('are told at another time, or not at all, if the mission is read again', () => {
    note('a', Date.now() + 1000)
    note('b', Date.now() + 1000)
    note('a', Date.now() + 5000)
    note('b', null)
    vi.advanceTimersByTime(4999)
    expect(told).toEqual([])
    vi.advanceTimersByTime(1)
    expect(told).toEqual([['a']])
  })

  it('are told after years, too', () => {
    const years = 3 * 365 * 24 * HOUR_MS
    note('a', Date.now() + years)
    vi.advanceTimersByTime(years - 1)
    expect(told).toEqual([])
    vi.advanceTimersByTime(1)
    expect(told).toEqual([['a']])
  })

  it('are not there before a page is open, nor after the last one', () => {
    note('a', Date.now() + 1000)
    end()
    note('b', Date.now() + 1000)
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual([])
  })
})
