import { describe, expect, it } from 'vitest'
import { alternativesOf, assertNamesExist } from '../scripts/bundle-groups.mjs'

describe('the groups of a bundle', () => {
  it('are read as one name after the other', () => {
    expect(alternativesOf(String.raw`lib\/(?:a|b\/(?:c|(?!d|e).*))\.js$`)).toEqual([
      String.raw`lib\/a\.js$`,
      String.raw`lib\/b\/c\.js$`,
      String.raw`lib\/b\/(?!d|e).*\.js$`,
    ])
  })

  it('name no module that does not exist', () => {
    const groups = [{ name: 'house', parts: [/dist\/room\/(?:door|win\w+)\.js$/] }]
    const both = ['/familiar/dist/room/door.js', '/familiar/dist/room/window.js']
    expect(() => assertNamesExist(groups, both)).not.toThrow()
    expect(() => assertNamesExist(groups, both.slice(1))).toThrow(String.raw`dist\/room\/door\.js$`)
    expect(() => assertNamesExist(groups, both.slice(0, 1))).toThrow(String.raw`win\w+`)
  })
})
