import { describe, expect, it } from 'vitest'
import { decode } from '../../src/dashboard/project/decode-text.js'
import { packageIdsIn, sameId } from '../../src/dashboard/project/package-ids.js'
import { readFields } from '../../src/dashboard/project/front-matter.js'
import { MAX_FRONT_MATTER_CHARS, splitFrontMatter } from '../../src/dashboard/project/split-front-matter.js'

describe('front matter is cut off', () => {
  it.each([
    ['---\na: 1\n---\nbody\n', 'a: 1\n', 'body\n', null],
    ['---  \na: 1\n...\nbody', 'a: 1\n', 'body', null],
    ['---\n---\nbody', '', 'body', null],
    ['---\na: 1\n---', 'a: 1\n', '', null],
    ['body\n---\na: 1\n---\n', null, 'body\n---\na: 1\n---\n', null],
    ['----\na\n---\n', null, '----\na\n---\n', null],
    ['---\na: 1\n', null, '---\na: 1\n', 'its front matter has no end'],
    ['---', null, '---', 'its front matter has no end'],
    ['', null, '', null],
  ])('of %j', (text, yaml, body, problem) => {
    expect(splitFrontMatter(text)).toEqual({ yaml, body, problem })
  })

  it('only where its end is near', () => {
    const text = `---\n${'a'.repeat(MAX_FRONT_MATTER_CHARS)}\n---\n`
    const problem = 'its front matter is longer than 64 KiB and was not read'
    expect(splitFrontMatter(text)).toEqual({ yaml: null, body: text, problem })
    const endless = `---\n${'a\n'.repeat(MAX_FRONT_MATTER_CHARS)}`
    expect(splitFrontMatter(endless)).toMatchObject({
      problem: 'its front matter has no end in its first 64 KiB',
    })
  })
})

const NOTHING = {
  id: null,
  title: null,
  dependencies: [],
  subtasks: [],
  agent: null,
  assignee: null,
  phase: null,
  model: null,
  role: null,
  agent_profile: null,
  lane: null,
  review_status: null,
  reviewed_by: null,
}

describe('what a package needs', () => {
  it.each([
    ['', true],
    ['title: x', true],
    ['dependencies: []', true],
    ['dependencies: none', true],
    ['dependencies: [WP01, "WP02"]', true],
    ['dependencies: WP01-WP03', true],
    ['dependencies: WP01.1, WP02', true],
    ['depends_on: WP01', true],
    ['dependencies:\n  - WP01 (the schema)', true],
    ['dependencies: []\nrequires: [node]', true],
    ['dependencies: "[]"', false],
    ['dependencies: all', false],
    ['dependencies: {needs: WP01}', false],
    ['dependencies: *all', false],
    ['dependencies: [WP01', false],
    ['dependencies: [[WP01]]', false],
    ['dependencies:\n  - [WP01]', false],
    ['dependencies:\n  - wp: WP01', true],
    ['dependencies: [null]', false],
    ['dependencies: "WP01 then WP03"', false],
    [`dependencies: [${'WP01,'.repeat(400)}]`, false],
    ['\tdependencies: [WP01]', false],
    ['Dependencies: [WP01]', false],
    ['dependency: WP01', false],
    ['depends-on: [WP01]', false],
    ['requires: [WP01]', false],
    ['dependencies: []\ndependencies: [WP01]', false],
    ['dependencies:\n  - WP02\ndependencies:\n  - WP01', false],
    ['dependencies: [WP02]\ndepends_on: [WP01]', false],
    ['dependencies: []\ndepends_on: [WP01]', true],
    ['dependencies: [WP01]\ndepends_on: [WP01]', true],
    ['title: x\n{dependencies: [WP01]}', false],
    ['- dependencies: [WP01]', false],
    ['blocked_by: WP01', false],
    ['<<<<<<< HEAD\ndependencies: [WP01]\n=======\ndependencies: []\n>>>>>>> x', false],
  ])('by %j is known: %j', (yaml, isKnown) => {
    const { unknown_needs: why, problems } = readFields(yaml)
    expect([why === null, problems.length === 0]).toEqual([isKnown, isKnown])
  })

  it('is not known without front matter', () => {
    expect(readFields(null)).toMatchObject({ unknown_needs: 'has no front matter', dependencies: [] })
  })

  it.each([
    'WP01–03',
    'WP01-03',
    'WP01 - 03',
    'WP01: WP02',
    'WP01 WP02',
    'WP01/WP03',
    'WP01.',
    'WP01.1.',
    'WP01.1-WP01.3',
    'WP01a-WP01b',
    'WP01@other',
    'WP01-WP',
  ])('is not shortened: %s', (text) => expect(packageIdsIn(text)).toBeNull())

  it.each([
    ['WP02-the-form', 'WP02'],
    ['wp1b: the schema', 'WP1b'],
    ['WP01 - the schema', 'WP01'],
    ['WP01 (see 3.2)', 'WP01'],
    ['WP01.1 (the schema)', 'WP01.1'],
    ['wp01.2.3: the schema', 'WP01.2.3'],
    ['WP01.1-the-form', 'WP01.1'],
  ])('is read without the remark: %s', (text, id) => expect(packageIdsIn(text)).toEqual([id]))
})

describe('the fields of', () => {
  it.each([
    ['nothing', '', {}],
    [
      'everything',
      'work_package_id: WP01\ntitle: "A: b"\ndependencies: [WP02]\nsubtasks:\n- T1\n- T2\nagent: c\nassignee: d\nphase: e\n',
      {
        id: 'WP01',
        title: 'A: b',
        dependencies: ['WP02'],
        subtasks: ['T1', 'T2'],
        agent: 'c',
        assignee: 'd',
        phase: 'e',
      },
    ],
    [
      'numbers, as they are written',
      'title: 012\nphase: 1.50\nagent: 1e9\n',
      { title: '012', phase: '1.50', agent: '1e9' },
    ],
    ['nulls', 'title: ~\nagent: null\nassignee: ""\nphase:\ndependencies:\nsubtasks: []\n', {}],
    ['one text for a list', 'dependencies: WP01\n', { dependencies: ['WP01'] }],
    ['keys of the language', '__proto__: {title: x}\nconstructor: y\n', {}],
    ['a long title', `title: ${'x'.repeat(900)}\n`, { title: 'x'.repeat(500) }],
    ['a number for an id', 'work_package_id: 1\n', { problems: ['its work_package_id is not text'] }],
    ['a map for a title', 'title: {a: b}\n', { problems: ['its title is not text'] }],
    [
      'a map for dependencies',
      'dependencies: {a: b}\n',
      { problems: ['its dependencies are neither a list nor text'] },
    ],
    ['a list for an agent', 'agent: [a]\n', { problems: ['its agent is not text'] }],
    [
      'an alias',
      'a: &a x\ntitle: *a\nsubtasks: [*a]\n',
      { problems: ['its title is not text', 'an item of its subtasks is not text'] },
    ],
    [
      'an item that is none',
      'subtasks: [T1, [T2], {T3: x}]\n',
      { subtasks: ['T1'], problems: ['an item of its subtasks is not text'] },
    ],
    [
      'too many items',
      `subtasks: [${'x,'.repeat(300)}]\n`,
      { subtasks: Array.from({ length: 200 }, () => 'x'), problems: ['only 200 of its subtasks are shown'] },
    ],
    [
      'a key twice',
      'title: one\ntitle: two\ntitle: three\n',
      { title: 'one', problems: ['its front matter says "title" twice, and the first one counts'] },
    ],
    [
      'a tag',
      'title: !evil x\n',
      { title: 'x', problems: ['its front matter has a tag that means nothing here'] },
    ],
    ['no YAML', 'title: [a\nb: c', { problems: ['its front matter is not YAML'] }],
    ['two documents', 'title: a\n---\ntitle: b\n', { problems: ['its front matter is not YAML'] }],
    ['a text', 'hello\n', { problems: ['its front matter is not a list of names and values'] }],
    ['a list', '- a\n', { problems: ['its front matter is not a list of names and values'] }],
    ['keys that are lists', '? [a]\n: b\ntitle: c\n', { title: 'c' }],
    [
      'too many parts',
      'a: b\n'.repeat(600),
      { problems: ['its front matter has too many parts to be read'] },
    ],
  ])('%s', (_, yaml, fields) => {
    const { unknown_needs: _why, ...read } = readFields(yaml)
    expect(read).toEqual({ ...NOTHING, problems: [], ...fields })
  })

  it('what grows without bounds in a reader that follows it', () => {
    const levels = 'abcdefghi'.split('')
    const bomb = levels.map((name, at) => {
      const before = levels[at - 1]
      return `${name}: &${name} [${before === undefined ? 'x' : Array.from({ length: 9 }, () => `*${before}`).join()}]\n`
    })
    expect(readFields(`${bomb.join('')}title: *i\n`)).toMatchObject({
      title: null,
      problems: ['its title is not text'],
    })
  })

  it.each([
    '? ',
    '[',
    '{a: ',
    '- ',
    ': ',
    '-\t',
    '?\t',
    '!a ',
    '"',
    "'",
    '@',
    '&a ',
    '%',
    '>',
    '#',
    '\t',
    'a: ',
  ])('a text full of %j ends', (part) => {
    const fields = readFields(part.repeat(MAX_FRONT_MATTER_CHARS / part.length))
    expect(fields).toMatchObject({ id: null, title: null })
  })
})

/** Processor time, so that a busy machine does not matter. What is quadratic takes seconds. */
const MOST_MS = 500

function costOf(read: () => unknown): number {
  const before = process.cpuUsage()
  read()
  return process.cpuUsage(before).user / 1000
}

describe('the time to read does not grow faster than the text, with', () => {
  const blanks = (blank: string) => blank.repeat(MAX_FRONT_MATTER_CHARS - 100)

  it.each([
    ['blanks in a title', `title: a${blanks(' ')}b\n`],
    ['blanks behind a colon in a title', `title: a: ${blanks(' ')}b: c\n`],
    ['tabs behind a colon in a title', `title: a: ${blanks('\t')}b: c\n`],
    ['blanks in an item', `subtasks:\n- a${blanks(' ')}b\n`],
    ['blanks before an item', `subtasks:\n${blanks(' ')}b\n`],
    ['blanks in a quoted text', `title: "a${blanks(' ')}b"\n`],
  ])('%s', (_, yaml) => {
    expect(costOf(() => readFields(yaml))).toBeLessThan(MOST_MS)
  })

  it('blanks between packages, and zeros in an id', () => {
    expect(costOf(() => packageIdsIn(`WP01${blanks(' ')}WP02`))).toBeLessThan(MOST_MS)
    expect(costOf(() => sameId(`WP${blanks('0')}!`))).toBeLessThan(MOST_MS)
  })
})

function utf16(text: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
  return isBigEndian ? bytes.swap16() : bytes
}

describe('bytes are read as text', () => {
  const LATIN = 'is no UTF-8 and is shown as Latin-1'
  it.each([
    ['UTF-8', Buffer.from('\u00e4\n'), '\u00e4\n', null],
    ['nothing', Buffer.alloc(0), '', null],
    ['a byte order mark', Buffer.from('\uFEFF---\n'), '---\n', null],
    ['UTF-16 LE', utf16('a\u00e4\r\n', false), 'a\u00e4\n', null],
    ['UTF-16 BE', utf16('a\u00e4', true), 'a\u00e4', null],
    ['CRLF and CR', Buffer.from('a\r\nb\rc\n'), 'a\nb\nc\n', null],
    ['colours', Buffer.from('\u001b[1mx'), '\u001b[1mx', null],
    ['Latin-1', Buffer.from('gr\u00fc\u00df', 'latin1'), 'gr\u00fc\u00df', LATIN],
    ['binary', Buffer.from([0x89, 0x50, 0, 1]), null, 'is binary'],
    ['NULs', Buffer.alloc(100), null, 'is binary'],
  ])('%s', (_, bytes, text, problem) => {
    expect(decode(bytes, true)).toEqual({ text, problem })
  })

  it('a character that is cut in two is an error only in a whole file', () => {
    const cut = Buffer.from('ab\u20ac').subarray(0, 4)
    expect(decode(cut, false)).toEqual({ text: 'ab', problem: null })
    expect(decode(cut, true).problem).toBe(LATIN)
  })
})
