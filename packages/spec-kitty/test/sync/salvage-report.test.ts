import { expect, it } from 'vitest'
import { salvageCounter, salvageLines } from '../../src/sync/salvage-report.js'

const event = (project: string, database: string) => ({ project, database, envelope: '{}', isDead: false })

it('says nothing where no database was put aside', () => {
  expect(salvageLines(salvageCounter().report([]), '/f', [])).toEqual([])
})

it('prints the command that queues the events of one project again, and the one that ends the warning', () => {
  const counter = salvageCounter()
  for (const _ of [1, 2]) counter.seen(event('/my app', '/q/a'), true)
  const report = counter.report(['/q/a', '/q/b'])
  expect(report).toEqual({ salvaged: 2, projects: ['/my app'], unreadable: ['/q/b'] })
  expect(salvageLines(report, '/tmp/my file', ['/q/a', '/q/b'])).toEqual([
    'no event could be read in /q/b',
    '2 events were in damaged databases; to queue them again:',
    "  spec-kitty sync publish - --project '/my app' < '/tmp/my file'",
    'then what was put aside can be removed:',
    '  rm /q/a* /q/b*',
  ])
  expect(salvageLines(report, '-', ['/q/a'])).toContain(
    "  spec-kitty sync publish - --project '/my app' < FILE",
  )
})

it('does not propose to publish the events of several projects in one of them', () => {
  const counter = salvageCounter()
  for (const project of ['/a', '/b']) counter.seen(event(project, '/q/a'), true)
  const lines = salvageLines(counter.report(['/q/a']), '/f', ['/q/a'])
  expect(lines.slice(1, 5)).toEqual([
    '  spec-kitty sync publish - --project /a < FILE',
    '  spec-kitty sync publish - --project /b < FILE',
    'each with a FILE of that project alone:',
    '  spec-kitty sync queue --export FILE --project DIR',
  ])
})

it('counts a database as read if only rejected events are in it', () => {
  const counter = salvageCounter()
  counter.seen(event('/a', '/q/a'), false)
  expect(counter.report(['/q/a'])).toEqual({ salvaged: 0, projects: [], unreadable: [] })
})
