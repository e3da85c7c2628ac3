import { describe, expect, it } from 'vitest'
import { compareVersions } from '../../src/identity/versions.js'

describe('compareVersions', () => {
  it.each([
    ['3.2.2', '3.2.3'],
    ['3.2.9', '3.2.10'],
    ['3.9.0', '3.10.0'],
    ['3.2.6', '4.0.0'],
    ['9.0.0', '10.0.0'],
    ['3.2', '3.2.1'],
    ['3.2.6rc3', '3.2.6'],
    ['3.2.6-rc.3', '3.2.6'],
    ['3.2.6rc3', '3.2.7'],
    ['3.2.5', '3.2.6rc3'],
    ['v3.2.5', '3.2.6'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0)
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
  })

  it.each([
    ['3.2.6', '3.2.6'],
    ['v3.2.6', '3.2.6'],
    ['3.2', '3.2.0'],
    ['latest', '3.2.6'],
    ['', '3.2.6'],
    ['3', '3.2.6'],
    ['.3.2', '3.2.6'],
    ['-1.2.3', '3.2.6'],
  ])('nothing can be said of %j and %j', (a, b) => {
    expect(compareVersions(a, b)).toBe(0)
    expect(compareVersions(b, a)).toBe(0)
  })
})
