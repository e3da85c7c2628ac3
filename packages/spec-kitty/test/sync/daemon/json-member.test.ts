import { describe, expect, it } from 'vitest'
import { memberText } from '../../../src/sync/daemon/json-member.js'

describe('the text of a member', () => {
  it.each([
    ['{"event":{"a":1}}', '{"a":1}'],
    [
      '{ "x" : [1,{"event":2}] , "event" : { "n": 12345678901234567890, "s": "}]\\"{" } , "y": null}',
      '{ "n": 12345678901234567890, "s": "}]\\"{" }',
    ],
    ['{"event":[[],{}],"event":"\\u007d,"}', '"\\u007d,"'],
    ['{"ev\\u0065nt": 1.50}', '1.50'],
    ['{"a":"\\\\","event":true}', 'true'],
    ['{"event":-0}', '-0'],
    ['\n{\n}\n', null],
    ['{"x":{"event":1}}', null],
    ['{"events":1}', null],
  ])('of %s is %s', (json, expected) => {
    expect(memberText(json, 'event')).toBe(expected)
    const parsed = JSON.parse(json)
    expect(expected === null ? undefined : JSON.parse(expected)).toEqual(parsed.event)
  })
})
