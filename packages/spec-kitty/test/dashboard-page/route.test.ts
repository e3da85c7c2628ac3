import { describe, expect, it } from 'vitest'
import { parseRoute, printRoute, type Route } from '../../src/dashboard/ui/route.js'

const NAMES = ['001-first', 'a/b', '..', 'a?b#c', '100%', '%2F', '"><img src=x>', 'ü \u202E', 'card=1&x']

describe('routes', () => {
  const routes: readonly Route[] = [
    { view: 'missions' },
    { view: 'daemons' },
    ...NAMES.flatMap((mission): readonly Route[] => [
      { view: 'board', mission, card: null },
      { view: 'board', mission, card: mission },
      { view: 'documents', mission, document: null },
      { view: 'documents', mission, document: `tasks/${mission}.md` },
    ]),
  ]

  it.each(routes)('survive their URL: %j', (route) => {
    expect(parseRoute(printRoute(route))).toEqual(route)
    expect(new URL(printRoute(route), 'http://127.0.0.1:9237/').hash).toBe(printRoute(route))
  })

  it.each(['', '#', '#/', '#/missions', '#/missions/'])('begin with the missions: %j', (fragment) => {
    expect(parseRoute(fragment)).toEqual({ view: 'missions' })
  })

  it.each(['#/nothing', '#/daemons/1', '#/missions/a/b/c', '#/missions/%E0%A4%A', '#main'])(
    'do not guess: %j',
    (fragment) => {
      expect(parseRoute(fragment)).toEqual({ view: 'unknown' })
    },
  )
})
