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
    const groups = [{ name: 'lock', parts: [/dist\/act\/(?:lock|own-\w+)\.js$/] }]
    const both = ['/familiar/dist/act/lock.js', '/familiar/dist/act/own-place.js']
    expect(() => assertNamesExist(groups, both)).not.toThrow()
    expect(() => assertNamesExist(groups, both.slice(1))).toThrow(String.raw`dist\/act\/lock\.js$`)
    expect(() => assertNamesExist(groups, both.slice(0, 1))).toThrow(String.raw`own-\w+`)
  })
})
