import * as fc from 'fast-check'

/**
 * Texts that are difficult for parsers: the ends of their tokens, and characters that terminals, shells, regular
 * expressions and JSON act on.
 */
const FRAGMENTS = [
  ...' \t\n\r\0\\/"\'`()[]{}<>:;,.#*&|!?@=+-_$%~^'.split(''),

  '\r\n',
  '\u001b[31m',
  '\u001b]0;x\u0007',
  '\u009b1m',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ud800',
  'é',
  '🦡',

  'p123',
  'n127.0.0.1:9400',
  'f3',
  '127.0.0.1:9400 (LISTEN)',
  ' 2500 ',
  '0A',
  '0: 0100007F:24B8 00000000:0000 0A',

  'null',
  'true',
  '__proto__',
  'constructor',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  'NaN',
  '999999999999999999999',

  '---\n',
  '- ',
  ': ',
  '&a',
  '*a',
  '!!js ',
  '<<: ',
  '{"a":',
  ']}',
  'HTTP/1.1 200 OK\r\n',
  'content-length: 5\r\n',

  '<script>',
  'javascript:alert(1)',
  'onerror=',
  '](',
  '2026-02-30T25:61:61Z',
  'v1.2.3-rc.1-5-gabc1234',
  '%2e%2e%2f',
]

/** Any text, mostly composed of texts that are difficult for parsers. */
export const ANY_TEXT: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 200 }),
)

export const ANY_BYTES: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ANY_TEXT.map((text) => Buffer.from(text)),
)

/** Returns any value that JSON can express, with members of the given names among others. */
export function anyJson(names: readonly string[]): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(ANY_TEXT, fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
  return fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
    object: fc.dictionary(
      fc.oneof(fc.constantFrom(...names, '__proto__', 'toString', 'constructor'), ANY_TEXT),
      tie('value'),
      {
        maxKeys: 12,
      },
    ),
  })).object
}

/** Returns valid samples with some parts removed, doubled, swapped, cut off or overwritten. */
export function mutated(samples: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 12 }),
    text: fc.constantFrom('', ...FRAGMENTS),
    kind: fc.constantFrom('replace', 'repeat', 'cut', 'line'),
  })
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([sample, edits]) => edits.reduce((text, one) => apply(text, one), sample))
}

interface Edit {
  readonly at: number
  readonly length: number
  readonly text: string
  readonly kind: string
}

function apply(text: string, { at, length, text: replacement, kind }: Edit): string {
  const from = text.length === 0 ? 0 : at % text.length
  const part = text.slice(from, from + length)
  if (kind === 'cut') return text.slice(0, from)
  if (kind === 'repeat') return text.slice(0, from) + part.repeat(3) + text.slice(from)
  if (kind === 'line') return swapLines(text, at, length)
  return text.slice(0, from) + replacement + text.slice(from + length)
}

function swapLines(text: string, at: number, by: number): string {
  const lines = text.split('\n')
  const [one, other] = [at % lines.length, (at + by) % lines.length]
  return lines
    .map((line, index) => lines[index === one ? other : index === other ? one : index] ?? line)
    .join('\n')
}

/** Names that a hostile process may give itself. No name contains a NUL, and none is empty. */
export const HOSTILE_NAME: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(
      'x) S 1 1',
      '(sd-pam)',
      'a b',
      ') R 1 2 3 4 5 6 7 8 9',
      'p4242',
      'node (LISTEN)',
      '127.0.0.1:9400',

      '\n',
      'a\np9999\nf1\nn*:9401',
      'Uid:\t0\t0\t0\t0',
      ' 1 0 0 0 S Sat Nov 21 09:30:00 2026 ',
      '\u001b[2J',
      '\\012',

      '"',
      '\\',
      "'",
      '","pid":1,"',
      ' -c run_sync_daemon(9400, x)',
      '\t',
      '<defunct>',
      '(node)',
      'é\u202e',
    ),
    ANY_TEXT,
  )
  .map((name) => name.replaceAll('\0', ''))
  .filter((name) => name !== '')

/** Matches characters that a terminal acts on or does not show. */
export const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/
