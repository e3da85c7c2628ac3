import { describe, expect, it } from 'vitest'
import { rememberTold } from '../../src/dashboard/remember-sent-changes.js'

describe('what pages were told', () => {
  it('is told again from an id on, each mission once', () => {
    const told = rememberTold('run')
    const first = told.add(null)
    expect(told.since(first)).toEqual([])
    told.add(['a', 'b'])
    told.add(['b'])
    expect(told.since(first)).toEqual(['a', 'b'])
    expect(told.since(told.lastId())).toEqual([])
    told.add(null)
    expect(told.since(first)).toBeNull()
  })

  it.each(['', 'other.1', 'run.', 'run.2', 'run.-1', 'run.1.0', 'run.1e0', 'run.01', 'run. 1'])(
    'is everything for the id %j, which means nothing',
    (id) => {
      const told = rememberTold('run')
      told.add(['a'])
      expect(told.since(id)).toBeNull()
    },
  )

  it('is everything after more than it remembers, and after a time without a watch', () => {
    const told = rememberTold('run')
    const first = told.add(['a'])
    for (let at = 0; at < 200; at += 1) told.add(['b'])
    expect(told.since(first)).toEqual(['b'])
    told.add(['b'])
    expect(told.since(first)).toBeNull()
    const last = told.lastId()
    told.forget()
    expect(told.since(last)).toBeNull()
    expect(told.since(told.lastId())).toEqual([])
  })
})
