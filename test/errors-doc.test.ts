import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { FamiliarError, type ErrorCode } from '../packages/familiar/dist/index.js'
import { EXIT } from '../packages/familiar/dist/cli/exit-codes.js'
import { reportFailure } from '../packages/familiar/dist/cli/failure.js'
import { UsageError } from '../packages/familiar/dist/cli/command-errors.js'

/** docs/errors.md compared with the source: the codes, the exit codes, and whether another try may help. */
const PACKAGES = fileURLToPath(new URL('../packages/', import.meta.url))
const document = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')

/** The text of every module of a package. */
function sourceOf(name: 'familiar' | 'spec-kitty'): readonly string[] {
  const directory = `${PACKAGES}${name}/src/`
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => readFileSync(directory + path, 'utf8'))
}

const CODE = /'(E_[A-Z_]+)'/g

function codesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(CODE)].map(([, code = '']) => code))].toSorted()
}

/** The union `ErrorCode`: what the library throws on purpose. */
const libraryCodes = codesIn(
  /export type ErrorCode =((?:\s*\| '\w+')+)/.exec(
    readFileSync(`${PACKAGES}familiar/src/errors.ts`, 'utf8'),
  )?.[1] ?? '',
)

/** What is reported before any module is there. */
const entry = readFileSync(`${PACKAGES}spec-kitty/bin/spec-kitty.js`, 'utf8')

/** The codes that only the commands know. */
const commandCodes = codesIn(
  [entry, ...(['familiar', 'spec-kitty'] as const).flatMap(sourceOf)].join('\n'),
).filter((code) => !libraryCodes.includes(code))

interface Row {
  readonly code: string
  readonly anchor: string
  readonly exit: string
  readonly retry: string
}

const rows: readonly Row[] = [
  ...document.matchAll(/^\| \[(\w+)\]\(#(\w+)\) +\|[^|]+\| ([^|]+?) +\| ([^|]+?) +\|$/gm),
].map(([, code = '', anchor = '', exit = '', retry = '']) => ({ code, anchor, exit, retry }))

const sections = document
  .split(/^(?=### )/m)
  .slice(1)
  .map((text) => ({ code: /^### (.+)$/m.exec(text)?.[1] ?? '', text }))

/** Returns how the command reports an error: its code, and the exit code that scripts branch on. */
function report(error: unknown): { readonly code: string; readonly exit: number } {
  let out = ''
  const io = {
    program: 'x',
    help: 'x --help',
    out: (text: string) => void (out += text),
    err: () => undefined,
  }
  const exit = reportFailure(error, io, true, false)
  return { code: JSON.parse(out).error.code, exit }
}

type Node = Readonly<Record<string, any>>

/** Returns a node of a syntax tree and everything below it. */
function nodesIn(node: Node): readonly Node[] {
  const children = Object.values(node).filter((child) => typeof child === 'object' && child !== null)
  return [node, ...children.flatMap((child) => nodesIn(child as Node))]
}

/** Whether each error of a code that the library creates may be retried: `retry` is true, absent, or computed (both). */
function retriesOf(): ReadonlyMap<string, ReadonlySet<boolean>> {
  const found = new Map<string, Set<boolean>>()
  const trees = ['familiar', 'spec-kitty'] as const
  for (const text of trees.flatMap(sourceOf).filter((one) => one.includes('new FamiliarError('))) {
    for (const node of nodesIn(parseAst(text, { lang: 'ts' }))) {
      if (node['type'] !== 'NewExpression' || node['callee'].name !== 'FamiliarError') continue
      const [code, , options] = node['arguments'] as readonly Node[]
      if (typeof code?.['value'] !== 'string') continue
      const given = (options?.['properties'] ?? []).find((one: Node) => one['key']?.name === 'retry')
      const retry = found.get(code['value']) ?? new Set()
      const value = given === undefined ? false : given.value.value
      for (const may of typeof value === 'boolean' ? [value] : [true, false]) retry.add(may)
      found.set(code['value'], retry)
    }
  }
  return found
}

const retries = retriesOf()

/** The exit codes of each code that spec-kitty creates as a `CommandError`. */
function commandExits(): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>()
  for (const text of sourceOf('spec-kitty').filter((one) => one.includes('new CommandError('))) {
    for (const node of nodesIn(parseAst(text, { lang: 'ts' }))) {
      if (node['type'] !== 'NewExpression' || node['callee'].name !== 'CommandError') continue
      const [code, , options] = node['arguments'] as readonly Node[]
      // One that is computed is the literal of another place.
      if (typeof code?.['value'] !== 'string') continue
      const given = (options?.['properties'] ?? []).find((one: Node) => one['key']?.name === 'exit')
      const exit = given?.value.value ?? EXIT[given?.value.property.name as keyof typeof EXIT] ?? EXIT.problem
      found.set(code['value'], (found.get(code['value']) ?? new Set()).add(exit))
    }
  }
  return found
}

const exits = commandExits()

function wordFor(retry: ReadonlySet<boolean>): string {
  return retry.size > 1 ? 'sometimes' : retry.has(true) ? 'yes' : 'no'
}

/** What the questions of a section are, in this order. */
const QUESTIONS = ['Happens when', 'What to do', 'Never means', 'Try again', 'Exit code']

describe('the codes of docs/errors.md', () => {
  it('are those of the source, each once in the table and once as a section', () => {
    expect(libraryCodes.length).toBeGreaterThan(10)
    expect(commandCodes).toEqual(
      expect.arrayContaining(['E_INSTALLATION_CHANGED', 'E_INTERNAL', 'E_USAGE', ...exits.keys()]),
    )
    const all = [...libraryCodes, ...commandCodes].toSorted()
    expect(rows.map(({ code }) => code)).toEqual(all)
    expect(sections.map(({ code }) => code).toSorted()).toEqual(all)
  })

  it('lead from the table to their sections', () => {
    expect(rows.filter(({ code, anchor }) => anchor !== code.toLowerCase())).toEqual([])
  })

  it('are the only ones that the page names', () => {
    const named = [...document.matchAll(/\bE_[A-Z_]+\b/g)].map(([code]) => code)
    expect(named.filter((code) => !libraryCodes.includes(code) && !commandCodes.includes(code))).toEqual([])
  })
})

describe('an error in docs/errors.md', () => {
  it.each(libraryCodes)('%s has the exit code and the other try of the source', (code) => {
    const retry = retries.get(code) ?? new Set()
    expect(retry.size).toBeGreaterThan(0)
    const exits = [...retry].map(
      (may) => report(new FamiliarError(code as ErrorCode, 'x', { retry: may })).exit,
    )
    const exit = [...new Set(exits)].toSorted((a, b) => a - b).join(' or ')
    expect(rows.find((row) => row.code === code)).toMatchObject({ exit, retry: wordFor(retry) })
  })

  it.each([...exits])('%s has the exit codes of the command that throws it', (code, all) => {
    const exit = [...all].toSorted((a, b) => a - b).join(' or ')
    const may = new Set([...all].map((one) => one === EXIT.tryAgain))
    expect(rows.find((row) => row.code === code)).toMatchObject({ exit, retry: wordFor(may) })
  })

  it.each([new UsageError('x'), new Error('x'), Object.assign(new Error('x'), { code: 'MODULE_NOT_FOUND' })])(
    'of the command has the exit code that the command gives: %s',
    (error) => {
      const { code, exit } = report(error)
      const retry = exit === 75 ? 'yes' : 'no'
      expect(commandCodes).toContain(code)
      expect(rows.find((row) => row.code === code)).toMatchObject({ exit: String(exit), retry })
    },
  )

  it.each(sections)('$code answers every question, and repeats what the table says', ({ code, text }) => {
    expect([...text.matchAll(/^- \*\*(.+):\*\*/gm)].map(([, question]) => question)).toEqual(QUESTIONS)
    const { exit, retry } = rows.find((row) => row.code === code) ?? {}
    expect(text).toMatch(new RegExp(`^- \\*\\*Try again:\\*\\* ${retry}[.,]`, 'm'))
    expect(text).toMatch(new RegExp(`^- \\*\\*Exit code:\\*\\* ${exit}\\.`, 'm'))
  })
})
