import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { buildTime } from '../../../../scripts/build-time.mjs'
import { BUILD_TIME } from '../../src/version.js'

const NOW_MS = Date.parse('2026-11-25T10:00:00.123Z')

describe('the time of a build', () => {
  it('is now', () => {
    expect(buildTime({}, NOW_MS)).toBe('2026-11-25T10:00:00.123Z')
  })

  it.each([
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1', '1970-01-01T00:00:01.000Z'],
    ['315532800', '1980-01-01T00:00:00.000Z'],
    ['1764064800', '2025-11-25T10:00:00.000Z'],
    ['253402300799', '9999-12-31T23:59:59.000Z'],
  ])('is SOURCE_DATE_EPOCH where that is set: %s', (epoch, time) => {
    expect(buildTime({ SOURCE_DATE_EPOCH: epoch }, NOW_MS)).toBe(time)
  })

  it.each(['', ' ', 'now', '-1', '1.5', '1e9', '0x10', '253402300800', '1764064800000', '2026-11-25'])(
    'a SOURCE_DATE_EPOCH of %j fails the build',
    (epoch) => {
      expect(() => buildTime({ SOURCE_DATE_EPOCH: epoch }, NOW_MS)).toThrow(/SOURCE_DATE_EPOCH/)
    },
  )
})

describe('the build', () => {
  it('writes one time into the bundle: once for the command, once for the daemons', () => {
    const directory = fileURLToPath(new URL('../../command/', import.meta.url))
    const files = readdirSync(directory).filter((name) => name.endsWith('.js'))
    const times = files.flatMap((name) => [
      ...readFileSync(directory + name, 'utf8').matchAll(/BUILD_TIME = ("[^"]*"|\S+)/g),
    ])
    const [time, ...more] = times.map(([, text = '']) => JSON.parse(text))
    expect(more).toEqual([time])
    expect(new Date(time).toISOString()).toBe(time)
  })

  it('leaves none in `dist`, whose modules several builds may share', () => {
    expect(BUILD_TIME).toBe(null)
  })
})
