import { describe, expect, it } from 'vitest'
import { fileNameOf, textOfBytes } from '../../src/identity/path-text.js'

/** Bytes in hexadecimal, and the text for them. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['', ''],
  ['2f61', '/a'],
  ['2fc3a9', '/é'],
  ['2fe697a5', '/日'],
  ['2ff09f9088', '/🐈'],
  ['2fefbfbd', '/\ufffd'],
  ['2fefbfbdff', '/\ufffd\udcff'],
  ['2fefbbbf61', '/\ufeffa'],
  ['2fe9', '/\udce9'],
  ['2fe961', '/\udce9a'],
  ['c3', '\udcc3'],
  ['80bf', '\udc80\udcbf'],
  // What resembles UTF-8 and is not: too long a form, a surrogate, beyond the last character, cut off.
  ['c0af', '\udcc0\udcaf'],
  ['e08080', '\udce0\udc80\udc80'],
  ['eda080', '\udced\udca0\udc80'],
  ['f4908080', '\udcf4\udc90\udc80\udc80'],
  ['f09f90', '\udcf0\udc9f\udc90'],
  ['e697e697a5', '\udce6\udc97日'],
]

describe('the text for bytes, and back', () => {
  it.each(PAIRS)('%s is %j', (hex, text) => {
    expect(textOfBytes(Buffer.from(hex, 'hex'))).toBe(text)
    expect(Buffer.from(fileNameOf(text)).toString('hex')).toBe(hex)
  })

  it('gives every two bytes a text of their own, and every text its bytes back', () => {
    const texts = new Set<string>()
    for (let code = 0; code < 0x10000; code++) {
      const bytes = Buffer.of(code >> 8, code & 0xff)
      const text = textOfBytes(bytes)
      texts.add(text)
      expect(bytes.equals(Buffer.from(fileNameOf(text)))).toBe(true)
    }
    expect(texts.size).toBe(0x10000)
  })

  it.each(['/\ud83d', '/\udc7f', '/\udd00', '\udc80\ud800'])('%j names no file', (text) => {
    expect(() => fileNameOf(text)).toThrow(RangeError)
  })
})
