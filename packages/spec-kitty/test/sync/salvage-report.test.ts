import { expect, it } from 'vitest'
import { salvageCounter, salvageLines } from '../../src/sync/salvage-report.js'

const event = (project: string, database: string, isDead = false) => ({
  project,
  database,
  envelope: '{}',
  isDead,
})

it('says nothing where no database was put aside', () => {
  expect(salvageLines(salvageCounter().report(), '/f')).toEqual([])
})

it('prints the command that queues the events of one project again, and the one that ends the warning', () => {
  const counter = salvageCounter()
  for (const _ of [1, 2]) counter.seen(event('/my app', '/q/a'), true)
  for (const database of ['/q/a', '/q/b']) counter.read(database)
  const report = counter.report()
  expect(report).toEqual({
    salvaged: 2,
    projects: ['/my app'],
    unreadable: ['/q/b'],
    whole: ['/q/a'],
    partly: [],
    without: ['no event could be read in /q/b'],
  })
  expect(salvageLines(report, '/tmp/my file')).toEqual([
    '2 events were in damaged databases; to queue them again:',
    "  spec-kitty sync publish - --project '/my app' < '/tmp/my file'",
    'then what was put aside can be removed:',
    '  rm /q/a* /q/b*',
  ])
  expect(salvageLines(report, '-')).toContain("  spec-kitty sync publish - --project '/my app' < FILE")
})

it('does not propose to publish the events of several projects in one of them', () => {
  const counter = salvageCounter()
  for (const project of ['/a', '/b']) counter.seen(event(project, '/q/a'), true)
  counter.read('/q/a')
  const lines = salvageLines(counter.report(), '/f')
  expect(lines.slice(1, 5)).toEqual([
    '  spec-kitty sync publish - --project /a < FILE',
    '  spec-kitty sync publish - --project /b < FILE',
    'each with a FILE of that project alone:',
    '  spec-kitty sync queue --export FILE --project DIR',
  ])
})

it('proposes to remove no database of which something was not exported', () => {
  const counter = salvageCounter()
  counter.seen(event('/a', '/q/a'), true)
  counter.seen(event('/a', '/q/a', true), false)
  counter.seen(event('/a', '/q/b', true), false)
  counter.seen(event('/a', '/q/c'), true)
  for (const database of ['/q/a', '/q/b', '/q/c']) counter.read(database)
  const report = counter.report()
  expect(report).toMatchObject({ unreadable: [], whole: ['/q/c'], partly: ['/q/a', '/q/b'] })
  expect(salvageLines(report, '/f').slice(-5)).toEqual([
    'events that the server had rejected are in /q/a; to save them:',
    'events that the server had rejected are in /q/b; to save them:',
    '  spec-kitty sync queue --dead --export FILE',
    'then what was put aside can be removed:',
    '  rm /q/c*',
  ])
})

it('tells a queue that is whole and has no event from what is none', () => {
  const counter = salvageCounter()
  counter.read('/q/a', 'no_events')
  counter.read('/q/b', 'other_database')
  counter.read('/q/c', 'no_database')
  counter.read('/q/d', 'no_content')
  expect(counter.report()).toMatchObject({
    unreadable: ['/q/b', '/q/c', '/q/d'],
    whole: ['/q/a'],
    without: [
      'no event is in /q/a',
      'no event could be read in /q/b: it is a database of another program',
      'no event could be read in /q/c: it is not a database, or its beginning is damaged',
      'no event could be read in /q/d: it has 0 bytes',
    ],
  })
})

it('says nothing of a database that was not read to its end, as after an export that was cut off', () => {
  const counter = salvageCounter()
  counter.seen(event('/a', '/q/a'), true)
  expect(counter.report()).toMatchObject({ unreadable: [], whole: [], partly: [] })
})
