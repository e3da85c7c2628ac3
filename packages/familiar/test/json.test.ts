import { describe, expect, it } from 'vitest'
import { countOf, decimalOf, objectOf, parseJson, pidOf, portOf, stringOf } from '../src/json.js'

/** One of everything that JSON, or a careless caller, can bring. */
const ANYTHING: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  -1,
  0.5,
  1e99,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '9400',
  [],
  [9400],
  {},
  { pid: 2 },
  9400n,
  Symbol('9400'),
  () => 9400,
]

/** Returns what of everything a reader takes. */
function taken(read: (value: unknown) => unknown): readonly unknown[] {
  return ANYTHING.filter((value) => read(value) !== null)
}

describe('narrow readers take exactly what they promise, and convert nothing', () => {
  it('objectOf', () => {
    expect(taken(objectOf)).toEqual([{}, { pid: 2 }])
  })

  it('stringOf', () => {
    expect(taken(stringOf)).toEqual(['9400'])
    expect(stringOf('x'.repeat(4096))).toHaveLength(4096)
    expect(stringOf('x'.repeat(4097))).toBeNull()
  })

  it('countOf', () => {
    expect(taken(countOf)).toEqual([0, -0])
    expect(countOf(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
    expect(countOf(Number.MAX_SAFE_INTEGER + 1)).toBeNull()
  })

  it('portOf', () => {
    expect(taken(portOf)).toEqual([])
    expect([0, 1, 65535, 65536].map(portOf)).toEqual([null, 1, 65535, null])
  })

  it('pidOf: neither init nor "all of my processes"', () => {
    expect(taken(pidOf)).toEqual([])
    expect([-1, 0, 1, 2, 4_194_304].map(pidOf)).toEqual([null, null, 1, 2, 4_194_304])
  })

  it('decimalOf', () => {
    const texts = ['1', '9400', '1234567890', '0', '01', '+1', '-1', '1.0', '1e3', ' 1', '1 ', '12345678901']
    expect(texts.map(decimalOf).filter((value) => value !== null)).toEqual([1, 9400, 1_234_567_890])
    expect([undefined, '', '١', '1\n', '0x10'].map((text) => decimalOf(text))).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })

  it('parseJson', () => {
    expect(parseJson('{"a": [1]}')).toEqual({ a: [1] })
    expect(['', '{', 'undefined', "{'a': 1}", '\0'].map(parseJson)).toEqual([null, null, null, null, null])
    expect(objectOf(parseJson('{"__proto__": {"pid": 1}}'))?.['pid']).toBeUndefined()
  })
})
