import { describe, expect, it } from 'vitest'

import { decodeVis } from '../../../src/observe/platform/decode-vis.js'

/** The notation of macOS `ps` in the C locale, byte by byte. */
function encode(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    if (byte === 0x09 || byte === 0x0a || byte === 0xa0) return `\\${byte.toString(8).padStart(3, '0')}`
    if (byte < 0x20) return `^${String.fromCharCode(byte | 0x40)}`
    if (byte < 0x80) return byte === 0x7f ? '^?' : String.fromCharCode(byte)
    return byte < 0xa0
      ? `M^${String.fromCharCode((byte & 0x7f) | 0x40)}`
      : `M-${String.fromCharCode(byte & 0x7f)}`
  }).join('')
}

describe('decodeVis', () => {
  it.each([
    ['newlines and tabs', 'import os\n\tx = 1\n'],
    ['two bytes', '/Users/José/Café à la carte'],
    ['three bytes', '/Users/dev/プロジェクト'],
    ['four bytes', '/Users/dev/🐈/x'],
    ['a decomposed accent', '/Users/dev/Cafe\u0301'],
    ['a byte order mark', '\uFEFFx'],
    ['capitals and dashes next to it', 'ATOM-é-M-É^M'],
    ['plain text', '/usr/bin/node --title=50%_M^x ~'],
  ])('gives back %s', (_what, text) => {
    expect(decodeVis(encode(text))).toBe(text)
  })

  it('gives back every character of the first planes that has more than one byte', () => {
    const codes = Array.from({ length: 0x12000 - 0x80 }, (_, index) => 0x80 + index)
    const texts = codes
      .map((code) => `/a/${String.fromCodePoint(code)}b`)
      .filter((text) => !/\p{Cs}/u.test(text))
    expect(texts.filter((text) => decodeVis(encode(text)) !== text)).toEqual([])
  })

  it('leaves bytes that are not UTF-8 as they were printed', () => {
    expect(decodeVis('/tmp/M-C')).toBe('/tmp/M-C')
    expect(decodeVis('/tmp/M-mM- M-^@')).toBe('/tmp/M-mM- M-^@')
    expect(decodeVis('/tmp/M-`M^@M^@')).toBe('/tmp/M-`M^@M^@')
  })

  it('takes ^J for a newline only where no octal newline shows the other notation', () => {
    expect(decodeVis('a^Jb')).toBe('a\nb')
    expect(decodeVis('a^Jb\\012c')).toBe('a^Jb\nc')
  })

  it('cannot distinguish a written \\012 from a newline: the limit that its comment states', () => {
    expect(decodeVis('echo a\\012b')).toBe('echo a\nb')
  })

  it('leaves other control characters and octal numbers alone', () => {
    expect(decodeVis('^[[0m ^M \\033 \\240')).toBe('^[[0m ^M \\033 \\240')
  })
})
