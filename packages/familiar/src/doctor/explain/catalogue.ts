import { spell } from '../../classify/classify.js'
import type { Rule } from '../../classify/first-match.js'
import type { Words } from '../../define/options.js'
import { CLASSES, EVIDENCE, FAILURES, PATHS, STATES } from './classes.js'
import { ERRORS, errorTexts } from './errors.js'
import { EVENTS } from './events.js'
import { explanationsFrom, type Explanation, type NamedWords } from './explanation.js'
import { FINDINGS } from './findings.js'
import { REASONS } from './reasons.js'
import { rowExplanation } from './rows.js'
import { CAUSES, OUTCOMES, SOURCES, WORDS } from './words.js'

/** A kind of daemon of the tool. Its wording and its decision table are needed to explain the ids that appear in the output. */
export interface ExplainedFamily {
  readonly words: NamedWords & Pick<Words, 'reasonNames'>
  readonly rules: readonly Rule[]
}

const ORDER: readonly Explanation['kind'][] = [
  'finding',
  'class',
  'outcome',
  'reason',
  'evidence',
  'state',
  'sync',
  'row',
  'path',
  'failure',
  'cause',
  'source',
  'event',
  'word',
  'error',
]

/** Returns a text that sorts in the order of the ids: S2 comes before S10. (`Intl.Collator` takes ten milliseconds to load.) */
const sortKeyOf = (id: string): string => id.replaceAll(/\d+/g, (digits) => digits.padStart(4, '0'))

/**
 * Returns the explanation of every id that appears in the output of the doctor and of the commands for these daemons.
 * `own` contains the explanations of the tool's own ids.
 */
export function catalogueOf(
  families: readonly ExplainedFamily[],
  own: readonly Explanation[] = [],
): readonly Explanation[] {
  const words = families.map((family) => family.words)
  const all = [
    ...explanationsFrom('finding', FINDINGS, words),
    ...explanationsFrom('class', CLASSES, words),
    ...explanationsFrom('evidence', EVIDENCE, words),
    ...explanationsFrom('state', STATES, words),
    ...explanationsFrom('path', PATHS, words),
    ...explanationsFrom('failure', FAILURES, words),
    ...explanationsFrom('outcome', OUTCOMES, words),
    ...explanationsFrom('cause', CAUSES, words),
    ...explanationsFrom('source', SOURCES, words),
    ...explanationsFrom('event', EVENTS, words),
    ...explanationsFrom('word', WORDS, words),
    ...explanationsFrom('error', errorTexts(ERRORS), words),
    ...reasonExplanations(families),
    ...families.flatMap(rowExplanations),
    ...own,
  ]
  return all.toSorted(
    (one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || compareIds(one.id, other.id),
  )
}

function compareIds(one: string, other: string): number {
  const [key, otherKey] = [sortKeyOf(one), sortKeyOf(other)]
  return key < otherKey ? -1 : Number(key > otherKey)
}

/** Explains each reason in the words of the families whose decision tables use it. */
function reasonExplanations(families: readonly ExplainedFamily[]): readonly Explanation[] {
  const using = new Map<string, { readonly rule: Rule; readonly words: NamedWords[] }>()
  for (const { words, rules } of families) {
    for (const rule of new Map(rules.map((one) => [one.reason, one])).values()) {
      if (rule.reason === null) continue
      const name = spell(rule.reason, words.reasonNames)
      const found = using.get(name) ?? { rule, words: [] }
      found.words.push(words)
      using.set(name, found)
    }
  }
  return [...using].flatMap(([name, { rule, words }]) =>
    rule.reason === null ? [] : explanationsFrom('reason', { [name]: REASONS[rule.reason] }, words),
  )
}

function rowExplanations({ words, rules }: ExplainedFamily): readonly Explanation[] {
  return rules.flatMap((rule) => {
    const name = rule.reason === null ? rule.class : spell(rule.reason, words.reasonNames)
    const text = rule.reason === null ? CLASSES[rule.class] : REASONS[rule.reason]
    return explanationsFrom('row', { [name]: text }, [words]).map((one) => rowExplanation(rule, name, one))
  })
}
