import { describe, expect, it } from 'vitest'
import { definitionOf } from '../../src/define/define-daemon.js'
import { matchShapes } from '../../src/identity/spawn-shape.js'
import { defineDaemon, type Predecessor } from '../../src/index.js'
import { toRecord } from '../../src/observe/read-records.js'

const fails = (): never => {
  throw new SyntaxError('Unexpected token')
}

function familyWith(...functions: readonly object[]) {
  const predecessors = functions.map((own) => ({
    commandLine: { head: [/node/, /old\.js/], marker: /--dir=(?<scope>.+)/ },
    readSelfReport: () => null,
    ...own,
  })) as readonly Predecessor[]
  return definitionOf(defineDaemon({ name: 'previewd', predecessors })).family
}

/** What a function of an author may do with text that is not what it expects, besides returning null. */
const NOT_RECOGNISED: readonly (readonly [string, () => unknown])[] = [
  ['throws', fails],
  [
    'throws no error',
    () => {
      throw null
    },
  ],
  ['returns nothing', () => undefined],
  ['returns text', () => 'none'],
  ['returns a promise', () => Promise.resolve({ port: 80, token: 'x' })],
]

describe.each(NOT_RECOGNISED)('a function that %s has not recognised what it was given', (_, answer) => {
  it('as a record: the next predecessor is asked', () => {
    const file = { state: 'text', text: 'garbage' } as const
    const broken = { record: { file: () => '/x', parse: answer } }
    const next = { record: { file: () => '/x', parse: () => ({ pid: 5, port: 80, token: 't' }) } }
    expect(toRecord(familyWith(broken), file)).toMatchObject({ state: 'malformed' })
    expect(toRecord(familyWith(broken, next), file)).toMatchObject({ state: 'readable', record: { pid: 5 } })
  })

  it('as a health reply: the next predecessor is asked', () => {
    const next = { readSelfReport: () => ({ packageVersion: '0.9', pid: 5, port: 80 }) }
    expect(familyWith({ readSelfReport: answer }).readSelfReport('<html>')).toBeNull()
    expect(familyWith({ readSelfReport: answer }, next).readSelfReport('<html>')).toMatchObject({ pid: 5 })
  })

  it('as an environment, or as a token for the request to leave', () => {
    const family = familyWith({ scopesInEnvironment: answer, shutdown: answer })
    expect(family.scopesInEnvironment?.({ HOME: '/x' })).toBeNull()
    expect(family.predecessors[0]?.shutdown?.('token')).toBeNull()
  })
})

it('a scope that its author cannot decode is the text itself', () => {
  const commandLine = { head: [/node/], marker: /--dir=(?<scope>.+)/, decodeScope: fails }
  const { shapes } = familyWith({ commandLine })
  expect(matchShapes(shapes, { args: ['node', '--dir=%zz'] })?.marker).toBe('%zz')
})

describe('a record of a predecessor', () => {
  it.each([
    { pid: '5', port: 80, token: 't' },
    { pid: 0, port: 80, token: 't' },
    { pid: 5, port: '80', token: 't' },
    { pid: 5, port: 70_000, token: 't' },
    { pid: 5, port: Number.NaN, token: 't' },
    { pid: 5, port: 80, token: '' },
    { pid: 5, port: 80 },
  ])('with values that cannot be is none: %j', (record) => {
    const { predecessors } = familyWith({ record: { file: () => '/x', parse: () => record } })
    expect(predecessors[0]?.parseRecord('text')).toBeNull()
  })

  it.each([null, undefined])('may have no pid: %s', (pid) => {
    const parse = (): object => ({ pid, port: 80, token: 't' })
    const { predecessors } = familyWith({ record: { file: () => '/x', parse } })
    expect(predecessors[0]?.parseRecord('text')).toEqual({ pid: null, port: 80, token: 't' })
  })
})
