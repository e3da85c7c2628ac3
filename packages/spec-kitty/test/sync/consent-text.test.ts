import { describe, expect, it } from 'vitest'
import { withConsent } from '../../src/sync/edit-consent.js'
import { consentIn, whyNot } from '../../src/sync/parse-consent.js'

/** The consent in the text of a project's configuration: what it says, and how it is changed. */

const BOM = '\uFEFF'

describe('a consent is', () => {
  it.for([
    ['the literal true', 'sync:\n  enabled: true\n'],
    ['true in a flow map', '{a: 1, sync: {enabled: true}}'],
    [
      'true among other keys and comments',
      '# ours\na: 1\nsync: # hosted\n  x: 2\n  enabled: true # yes\nb: 3\n',
    ],
    ['true with CRLF', 'a: 1\r\nsync:\r\n  enabled: true\r\n'],
    ['true behind a BOM', `${BOM}sync:\n  enabled: true\n`],
    ['true in a section behind an alias', 'base: &b {enabled: true}\nsync: *b\n'],
    ['true in quoted keys', '"sync":\n  \'enabled\': true\n'],
    ['true between document marks', '---\nsync:\n  enabled: true\n...\n'],
    ['true indented by tabs after the key', 'sync:\n  enabled:\ttrue\n'],
  ] as const)('%s', ([, text]) => {
    expect(consentIn(text)).toBe('yes')
  })
})

describe('no consent is', () => {
  it.for([
    ['an empty file', ''],
    ['a file of comments', '# sync:\n#   enabled: true\n'],
    ['a document without content', '---\n'],
    ['a BOM alone', BOM],
    ['a missing section', 'a: 1\n'],
    ['an empty section', 'sync:\n'],
    ['a section that is null', 'sync: ~\n'],
    ['a missing key', 'sync:\n  hosted: true\n  auto_start: true\n'],
    ['a key without a value', 'sync:\n  enabled:\n'],
    ['false', 'sync:\n  enabled: false\n'],
    ['a key at another place', 'enabled: true\nproject:\n  sync:\n    enabled: true\n'],
    ['a merged key', 'base: &b {enabled: true}\nsync:\n  <<: *b\n'],
    ['a key in a block of text', 'text: |\n  sync:\n    enabled: true\n'],
    ['a key in other letters', 'Sync:\n  Enabled: true\n'],
  ] as const)('%s', ([, text]) => {
    expect(consentIn(text)).toBe('no')
  })
})

describe('unreadable, with the reason, is', () => {
  it.for([
    ['a quoted true', 'sync:\n  enabled: "true"\n', 'line 2, column 12: sync.enabled must be true or false'],
    [
      'yes, which YAML 1.2 takes for text',
      'sync:\n  enabled: yes\n',
      'line 2, column 12: sync.enabled must be true or false',
    ],
    [
      'true behind an alias',
      'yes: &y true\nsync:\n  enabled: *y\n',
      'line 3, column 12: sync.enabled must be true or false',
    ],
    ['True', 'sync:\n  enabled: True\n', 'line 2, column 12: sync.enabled must be true or false'],
    [
      'yes of YAML 1.1',
      '%YAML 1.1\n---\nsync:\n  enabled: yes\n',
      'line 4, column 12: sync.enabled must be true or false',
    ],
    [
      'text that a tag makes true',
      'sync:\n  enabled: !!bool "true"\n',
      'line 2, column 19: sync.enabled must be true or false',
    ],
    [
      'true with a tag',
      'sync:\n  enabled: !!bool true\n',
      'line 2, column 19: sync.enabled must be true or false',
    ],
    ['a number', 'sync:\n  enabled: 1\n', 'line 2, column 12: sync.enabled must be true or false'],
    ['a list', 'sync:\n  enabled: [true]\n', 'line 2, column 12: sync.enabled must be true or false'],
    ['a map', 'sync:\n  enabled:\n    a: true\n', 'line 3, column 5: sync.enabled must be true or false'],
    ['a section that is a list', 'a: 1\nsync: [enabled]\n', 'line 2, column 7: sync is not a list of keys'],
    ['a section that is text', 'sync: enabled\n', 'line 1, column 7: sync is not a list of keys'],
    ['a document that is a list', '- sync\n', 'it is not a list of keys'],
    ['a document that is text', 'sync\n', 'it is not a list of keys'],
    [
      'the key twice',
      'sync:\n  enabled: false\n  enabled: true\n',
      'line 3, column 3: a key that stands above already',
    ],
    [
      'the section twice',
      'sync:\n  enabled: true\nsync:\n  a: 1\n',
      'line 3, column 1: a key that stands above already',
    ],
    [
      'another key twice',
      'sync: {enabled: true}\na: 1\na: 2\n',
      'line 3, column 1: a key that stands above already',
    ],
    ['a tab as indentation', 'sync:\n\tenabled: true\n', 'line 2, column 1: '],
    ['an open bracket', 'sync: {enabled: true\n', 'line 2, column 1: '],
    ['two documents', 'sync: {enabled: true}\n---\na: 1\n', 'line 2, column 1: '],
    ['an alias of nothing', 'sync:\n  enabled: *gone\n', 'line 2, column 12: an alias of nothing, *gone'],
    [
      'an alias of nothing elsewhere',
      'sync: {enabled: true}\na: *gone\n',
      'line 2, column 4: an alias of nothing, *gone',
    ],
    ['JSON that is cut off', '{"sync": {"enabled": tr', 'line 1, column '],
    ['bytes that are not UTF-8', 'sync:\n  enabled: true # caf\uFFFD\n', 'it is not UTF-8 text'],
    ['a nesting deeper than the stack', `a: ${'['.repeat(4_000)}\n`, 'it is nested too deep'],
    ['more parts than a configuration has', 'a: 1\n'.repeat(10_000), 'it has too many parts'],
  ] as const)('%s', ([, text, why]) => {
    const mendable = why.endsWith('must be true or false') ? { isMendable: true } : {}
    expect(consentIn(text)).toEqual({
      state: 'unreadable',
      why: expect.stringContaining(why),
      ...mendable,
    })
  })
})

/** What `withConsent(text, true)` returns: `+` marks what it put in, and nothing else may differ. */
const GIVEN: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', 'sync:\n  enabled: true\n'],
  ['a file of comments', '# a\n', '# a\nsync:\n  enabled: true\n'],
  ['a BOM alone', BOM, `${BOM}sync:\n  enabled: true\n`],
  ['other keys', 'a: 1\nb:\n  - 2\n', 'a: 1\nb:\n  - 2\nsync:\n  enabled: true\n'],
  ['no line end at the end', 'a: 1', 'a: 1\nsync:\n  enabled: true\n'],
  ['CRLF', 'a: 1\r\n# b\r\n', 'a: 1\r\n# b\r\nsync:\r\n  enabled: true\r\n'],
  ['a BOM and keys', `${BOM}a: 1\n`, `${BOM}a: 1\nsync:\n  enabled: true\n`],
  ['a BOM before the section', `${BOM}sync:\n  a: 1\n`, `${BOM}sync:\n  enabled: true\n  a: 1\n`],
  ['a mark at the end', '---\na: 1\n...\n', '---\na: 1\nsync:\n  enabled: true\n...\n'],
  ['indented keys', '  a: 1\n  b: 2\n', '  a: 1\n  b: 2\n  sync:\n    enabled: true\n'],
  ['a block of text at the end', 'a: |+\n  x\n\n', 'a: |+\n  x\n\nsync:\n  enabled: true\n'],
  ['a section', 'sync:\n  a: 1\nb: 2\n', 'sync:\n  enabled: true\n  a: 1\nb: 2\n'],
  [
    'a section with comments',
    'sync: # hosted\n  # about a\n  a: 1 # one\n\n# end\nb: 2\n',
    'sync: # hosted\n  enabled: true\n  # about a\n  a: 1 # one\n\n# end\nb: 2\n',
  ],
  ['a section indented by four', 'sync:\n    a: 1\n', 'sync:\n    enabled: true\n    a: 1\n'],
  ['a section with an anchor', 'sync: &s\n  a: 1\n', 'sync: &s\n  enabled: true\n  a: 1\n'],
  [
    'a section with a merged key',
    'x: &x {a: 1}\nsync:\n  <<: *x\n',
    'x: &x {a: 1}\nsync:\n  enabled: true\n  <<: *x\n',
  ],
  ['an empty section', 'sync:\nb: 2\n', 'sync:\n  enabled: true\nb: 2\n'],
  ['an empty section at the end', 'b: 2\nsync:', 'b: 2\nsync:\n  enabled: true'],
  ['an empty section with a comment', 'sync: # none\n', 'sync: # none\n  enabled: true\n'],
  ['a section that is null', 'sync: ~ # none\n', 'sync: {enabled: true} # none\n'],
  ['an empty flow section', 'sync: {}\n', 'sync: {enabled: true}\n'],
  ['a flow section', 'sync: { a: 1 } # x\n', 'sync: { enabled: true, a: 1 } # x\n'],
  ['a flow document', '{a: 1}', '{sync: {enabled: true}, a: 1}'],
  ['JSON', '{\n  "a": 1\n}\n', '{\n  sync: {enabled: true}, "a": 1\n}\n'],
  ['false', 'sync:\n  a: 1\n  enabled: false # not yet\n', 'sync:\n  a: 1\n  enabled: true # not yet\n'],
  ['false with CRLF', 'sync:\r\n  enabled: false\r\n', 'sync:\r\n  enabled: true\r\n'],
  ['a key without a value', 'sync:\n  enabled:\n  a: 1\n', 'sync:\n  enabled: true\n  a: 1\n'],
  ['a key without a value but a comment', 'sync:\n  enabled: # ?\n', 'sync:\n  enabled: true # ?\n'],
  ['True', 'sync:\n  enabled: True\n', 'sync:\n  enabled: true\n'],
  ['a value of another type', 'sync:\n  enabled: "yes"\n', 'sync:\n  enabled: true\n'],
  ['an alias', 'n: &n false\nsync:\n  enabled: *n\n', 'n: &n false\nsync:\n  enabled: true\n'],
  ['an anchor that nothing uses', 'sync:\n  enabled: &e false\n', 'sync:\n  enabled: &e true\n'],
  [
    'long lines and odd spaces',
    `a:   "${'x y '.repeat(60)}"\nb:    [ 1,2 ]\n`,
    `a:   "${'x y '.repeat(60)}"\nb:    [ 1,2 ]\nsync:\n  enabled: true\n`,
  ],
]

describe('the consent is put into', () => {
  it.for(GIVEN)('%s', ([, text, expected]) => {
    expect(withConsent(text, true)).toBe(expected)
    expect(consentIn(expected)).toBe('yes')
  })

  it('a text that says so already: it stays as it is', () => {
    for (const text of GIVEN.map(([, , after]) => after)) expect(withConsent(text, true)).toBe(text)
  })

  it('any of them again as the opposite, and back: nothing else has changed', () => {
    for (const [, , text] of GIVEN) {
      const refused = withConsent(text, false) ?? ''
      expect([consentIn(refused), withConsent(refused, true)]).toEqual(['no', text])
    }
  })
})

describe('it is not put into', () => {
  it.for([
    ['a broken text', 'sync: {\n'],
    ['a key that stands twice', 'sync:\n  a: 1\n  a: 2\n'],
    ['a list', '- a\n'],
    ['a section that is a list', 'sync: [a]\n'],
    ['a section that another key shares', 'sync: &s\n  a: 1\nother: *s\n'],
    ['a section that is an alias', 'base: &b {a: 1}\nsync: *b\n'],
    ['a value that another key shares', 'sync:\n  enabled: &e false\nother: *e\n'],
    ['a value that is a map', 'sync:\n  enabled: {a: 1}\n'],
  ] as const)('%s', ([, text]) => {
    expect(withConsent(text, true)).toBe(null)
  })
})

it.each([
  ['sync:\n  enabled: false\n', 'has opted out'],
  ['sync:\n  enabeld: true\n', 'unknown key enabeld (line 2, column 3): did you mean enabled?'],
  ['snyc:\n  enabled: true\n', 'unknown key snyc (line 1, column 1): did you mean sync?'],
  ['sync:\n  other: 1\n', null],
  ['', null],
  ['sync: [', null],
])('says why there is no consent in %j', (text, why) => {
  expect(whyNot(text)).toBe(why)
})
