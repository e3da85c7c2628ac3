import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { describe, expect, it } from 'vitest'
import { numbersFrom } from '../../../../scripts/realistic-project.mjs'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { readSimpleYaml, type Field } from '../../src/dashboard/project/simple-yaml.js'

/** What the whole of YAML says of the same text; null if it has anything to complain about. */
function readWithLibrary(yaml: string): ReadonlyMap<string, Field> | null {
  const { contents, errors, warnings } = parseDocument(yaml, { uniqueKeys: false, prettyErrors: false })
  if (errors.length > 0 || warnings.length > 0) return null
  if (contents === null) return new Map()
  if (!isMap(contents)) return null
  const pairs = contents.items.map(({ key, value }) => {
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : Symbol('no name')
    return [name, fieldOf(value)] as const
  })
  return new Map(pairs as [string, Field][])
}

function fieldOf(node: unknown): Field {
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => textOf(item)) }
  const text = textOf(node)
  if (text === undefined) return { kind: 'other' }
  return { kind: 'text', text, is_string: isScalar(node) && typeof node.value === 'string' }
}

function textOf(node: unknown): string | null | undefined {
  if (node === null) return null
  if (!isScalar(node)) return undefined
  if (node.value === null) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

const PARTS: readonly string[] = [
  'title a null true work_package_id x-y _ 5',
  'T001 ~ 0x1f 1e3 .inf 2026-06-17 19:13:22 -1 +1 ö \\n &a *a !x',
  '| > ? % @ ` { } ... --- yes No',
]
  .flatMap((line) => line.split(' '))
  .concat([':', ': ', ':  ', '- ', '-', '  - ', ' - ', '[', ']', ', ', ',', '"', "'", '#', ' #'])
  .concat(['\n', '\n\n', ' \n', '\n ', 'a b', '\t', '\u2028'])

/** Text that is often valid, and often nearly. */
function textFrom(next: () => number): string {
  const pick = (from: readonly string[]): string => from[Math.floor(next() * from.length)] ?? ''
  const lines = Array.from({ length: 1 + Math.floor(next() * 4) }, () => {
    const value = Array.from({ length: Math.floor(next() * 4) }, () => pick(PARTS)).join('')
    return pick([
      `${pick(['title', 'agent', 'b', 'null', 'c-d'])}: ${value}`,
      `list:\n${pick(['', '  '])}- ${value}\n${pick(['', '  '])}- ${pick(PARTS)}`,
      `flow: [${value}, ${pick(PARTS)}]`,
      `quoted: ${pick(['"', "'"])}${value}${pick(['"', "'"])}`,
      value,
      `e: ${value} ${pick(PARTS)}`,
    ])
  })
  return `${lines.join('\n')}\n`
}

/** A field whose text may be a number is not told from one: only that it is a text for certain matters. */
function comparable(fields: ReadonlyMap<string, Field>, simple: ReadonlyMap<string, Field>) {
  return [...fields].map(([name, field]) => {
    const own = simple.get(name)
    const isUnsure = field.kind === 'text' && own?.kind === 'text' && !own.is_string
    return [name, isUnsure ? { ...field, is_string: false } : field] as const
  })
}

const TEXTS = 5_000

describe('the simple YAML', () => {
  it('means the same as in the whole of YAML, wherever it is read', () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const next = numbersFrom(seed)
    let read = 0
    for (let time = 0; time < TEXTS; time += 1) {
      const text = textFrom(next)
      const simple = readSimpleYaml(text)
      if (simple === null) continue
      read += 1
      const whole = readWithLibrary(text)
      expect([text, whole === null ? null : comparable(whole, simple)]).toEqual([text, [...simple]])
    }
    figure(`seed ${seed}: ${read} of ${TEXTS} texts are simple`)
    expect(read).toBeGreaterThan(TEXTS / 50)
  })

  it('is what prompts are written in', () => {
    const text =
      'work_package_id: WP01\ntitle: "A title: with a colon"\ndependencies: [WP02, "WP03"]\nsubtasks:\n- T001\n- T002\nphase: 1\nempty:\ncreated_at: \'2026-06-17T19:13:22+00:00\'\nat: 2026-06-17T19:13:22\n'
    expect([...(readSimpleYaml(text) ?? [])]).toEqual([
      ['work_package_id', { kind: 'text', text: 'WP01', is_string: true }],
      ['title', { kind: 'text', text: 'A title: with a colon', is_string: true }],
      ['dependencies', { kind: 'list', items: ['WP02', 'WP03'] }],
      ['subtasks', { kind: 'list', items: ['T001', 'T002'] }],
      ['phase', { kind: 'text', text: '1', is_string: false }],
      ['empty', { kind: 'text', text: null, is_string: false }],
      ['created_at', { kind: 'text', text: '2026-06-17T19:13:22+00:00', is_string: true }],
      ['at', { kind: 'text', text: '2026-06-17T19:13:22', is_string: false }],
    ])
  })
})
