import { describe, expect, it } from 'vitest'
import { readInit, type FetchInit } from '../../src/client/fetch-init.js'

const headersOf = (headers: unknown) => readInit('/', { headers } as FetchInit).headers

describe('the headers of a request', () => {
  it.each<readonly [string, unknown, object]>([
    ['an object', { 'X-A': 'b' }, { 'X-A': 'b' }],
    ['Headers', new Headers({ 'X-A': 'b', 'x-c': 'd' }), { 'x-a': 'b', 'x-c': 'd' }],
    [
      'pairs',
      [
        ['x-a', 'b'],
        ['x-c', 'd'],
      ],
      { 'x-a': 'b', 'x-c': 'd' },
    ],
    ['a map', new Map([['x-a', 'b']]), { 'x-a': 'b' }],
    [
      'pairs with the same name',
      [
        ['x-a', 'b'],
        ['X-A', 'c'],
      ],
      { 'x-a': 'b, c' },
    ],
    ['nothing', {}, {}],
  ])('may be given as %s', (_, given, headers) => {
    expect(headersOf(given)).toEqual(headers)
  })

  it.each<readonly [unknown, string]>([
    ['x-a: b', 'are an object, or pairs of a name and a value'],
    [5, 'are an object, or pairs of a name and a value'],
    [['x-a'], 'are an object, or pairs of a name and a value'],
    [new Set(['x-a']), 'are an object, or pairs of a name and a value'],
    [[['x-a']], 'the value of the header x-a has a character'],
    [[[5, 'b']], 'is not the name of a header'],
    [new Headers({ authorization: 'x' }), 'is set by the library'],
  ])('are refused: %j', (given, message) => {
    expect(() => headersOf(given)).toThrow(new RegExp(message))
    expect(() => headersOf(given)).toThrow(TypeError)
  })
})
