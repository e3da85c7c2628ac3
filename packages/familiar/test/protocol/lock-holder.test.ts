import { describe, expect, it } from 'vitest'
import { parseHolder } from '../../src/protocol/lock-holder.js'

describe('parseHolder', () => {
  it('reads who holds the lock, no matter what else is there', () => {
    const text = '{"pid": 4711, "birth": "boot/1", "instance_id": "9f3c"}\n'
    expect(parseHolder(text)).toEqual({ pid: 4711, startTime: 'boot/1' })
  })

  it('may name the first process of a container', () => {
    expect(parseHolder('{"pid": 1, "birth": "boot/1"}')).toEqual({ pid: 1, startTime: 'boot/1' })
  })

  it('names no process where its holder saw that the kernel does not show the lock', () => {
    expect(parseHolder('{"pid": 4711, "birth": "boot/1", "is_shown": false}')).toBe('unknown')
    expect(parseHolder('{"pid": 4711, "birth": "boot/1", "is_shown": true}')).toEqual({
      pid: 4711,
      startTime: 'boot/1',
    })
  })

  it.each(['', '\n', '{"pid": 4711, "birth": null, "since": "2026-11-21"}'])(
    'names no daemon for %j',
    (text) => {
      expect(parseHolder(text)).toBeNull()
    },
  )

  it.each([
    '4711',
    '{}',
    '{"pid": 4711}',
    '{"birth": "boot/1"}',
    '{"pid": 0, "birth": "boot/1"}',
    '{"pid": "4711", "birth": "boot/1"}',
    '{"pid": 4711, "birth": ""}',
    '{"pid": 4711, "birth": 1}',
    '[4711, "boot/1"]',
    '{"pid": 4711, "birth": "bo',
    '\0\0\0\0',
  ])('names none for what is damaged, %j: who holds the lock is asked of the kernel', (text) => {
    expect(parseHolder(text)).toBeNull()
  })

  it('names the first process of a container', () => {
    expect(parseHolder('{"pid": 1, "birth": "boot/1"}')).toEqual({ pid: 1, startTime: 'boot/1' })
  })

  it('leaves it unknown where its writer saw that the kernel does not show the lock', () => {
    expect(parseHolder('{"pid": 4711, "birth": "boot/1", "is_shown": false}')).toBe('unknown')
  })
})
