import { withoutScope } from '../../define/hints.js'
import type { Words } from '../../define/options.js'

/** The kinds of things that an id can stand for. One id may stand for two: `unreachable` is a state and a reason. */
export type ExplainedKind =
  | 'finding'
  | 'row'
  | 'class'
  | 'reason'
  | 'evidence'
  | 'state'
  | 'sync'
  | 'path'
  | 'failure'
  | 'outcome'
  | 'cause'
  | 'source'
  | 'event'
  | 'word'
  | 'error'

/** The explanation of an id. A name in braces is replaced by a word of the tool: `{clean}`, `{scope}`. */
export interface ExplanationText {
  /** The meaning in one short line, without a full stop. */
  readonly summary: string
  /** The reason, or why it matters. */
  readonly why: string
  readonly whatToDo: string
}

export interface Explanation extends ExplanationText {
  readonly id: string
  readonly kind: ExplainedKind
  /** The conditions under which a row matches; one of them must hold. Empty for everything else. */
  readonly conditions: readonly string[]
}

export type Texts<Id extends string = string> = Readonly<Record<Id, ExplanationText>>

/** Returns the texts with their summaries, which are also used in the lines about a process (`reason-words.ts`). */
export function withSummaries<Id extends string>(
  summaries: Readonly<Record<Id, string>>,
  texts: Readonly<Record<Id, Omit<ExplanationText, 'summary'>>>,
): Texts<Id> {
  const ids = Object.keys(texts) as Id[]
  const entries = ids.map((id) => [id, { summary: summaries[id], ...texts[id] }] as const)
  return Object.fromEntries(entries) as Record<Id, ExplanationText>
}

const NAMED = ['title', 'start', 'stop', 'clean', 'scope', 'predecessor'] as const

/** Stands for `clean` as another user runs it, whose scope is not the one of this command. */
const THEIR_CLEAN = 'theirclean'

/** The words of a tool that may appear in braces in a text. */
export type NamedWords = Pick<Words, (typeof NAMED)[number]>

/** Returns the explanations of a kind. If a text applies to several kinds of daemons, it uses the words of each. */
export function explanationsFrom(
  kind: ExplainedKind,
  texts: Texts,
  words: readonly NamedWords[],
): readonly Explanation[] {
  return Object.entries(texts).map(([id, text]) => ({
    id,
    kind,
    summary: worded(text.summary, words),
    why: worded(text.why, words),
    whatToDo: worded(text.whatToDo, words),
    conditions: [],
  }))
}

/**
 * Returns the text with the words of the tool; a command in backticks stays in backticks. If the kinds of daemons have
 * different commands, the text says which command belongs to which kind.
 */
export function worded(text: string, words: readonly NamedWords[]): string {
  return text.replaceAll(/(`?)\{([a-z]+)\}\1/g, (all, quote: string, name: string) => {
    const isTheirs = name === THEIR_CLEAN
    const word = isTheirs ? 'clean' : NAMED.find((one) => one === name)
    if (word === undefined) return all
    // The reader is at a terminal, where the command asks.
    const textOf = (one: NamedWords): string =>
      (isTheirs ? withoutScope(one[word]) : one[word]).replace(/ --yes$/, '')
    const differ = new Set(words.map(textOf)).size > 1
    const named = (one: NamedWords): string =>
      differ && quote !== '' ? `\`${textOf(one)}\` (for ${one.title}s)` : `${quote}${textOf(one)}${quote}`
    return [...new Set(words.map(named))].join(' or ')
  })
}
