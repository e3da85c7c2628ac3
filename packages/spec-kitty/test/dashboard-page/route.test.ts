import { describe, expect, it } from 'vitest'
import {
  parseRoute,
  printRoute,
  WHOLE_BOARD,
  WHOLE_LIST,
  type Route,
} from '../../src/dashboard/ui/url-route.js'

const NAMES = ['001-first', 'a/b', '..', 'a?b#c', '100%', '%2F', '"><img src=x>', 'ü \u202E', 'card=1&x']

describe('routes', () => {
  const routes: readonly Route[] = [
    { view: 'now' },
    { view: 'now', all: 'stalled,at-work' },
    { view: 'missions', list: WHOLE_LIST },
    { view: 'daemons' },
    { view: 'charter' },
    ...NAMES.flatMap((mission): readonly Route[] => [
      { view: 'missions', list: { text: mission, lane: mission, agent: mission, sort: mission } },
      { view: 'board', mission, card: null, board: WHOLE_BOARD },
      { view: 'board', mission, card: mission, board: WHOLE_BOARD },
      {
        view: 'board',
        mission,
        card: mission,
        board: { text: mission, agent: mission, group: 'phase', as: 'graph' },
      },
      { view: 'documents', mission, document: null, heading: null },
      { view: 'documents', mission, document: `tasks/${mission}.md`, heading: null },
      { view: 'documents', mission, document: `tasks/${mission}.md`, heading: mission },
      { view: 'flow', mission },
    ]),
  ]

  it.each(routes)('survive their URL: %j', (route) => {
    expect(parseRoute(printRoute(route))).toEqual(route)
    expect(new URL(printRoute(route), 'http://127.0.0.1:9237/').hash).toBe(printRoute(route))
  })

  it.each(['', '#', '#/'])('begin with what happens now: %j', (fragment) => {
    expect(parseRoute(fragment)).toEqual({ view: 'now' })
  })

  it.each(['#/missions', '#/missions/'])('list the missions: %j', (fragment) => {
    expect(parseRoute(fragment)).toEqual({ view: 'missions', list: WHOLE_LIST })
  })

  it.each([
    '#/nothing',
    '#/daemons/1',
    '#/flow',
    '#/flow/a/b',
    '#/missions/a/b/c',
    '#/missions/%E0%A4%A',
    '#main',
  ])('do not guess: %j', (fragment) => {
    expect(parseRoute(fragment)).toEqual({ view: 'unknown' })
  })
})
