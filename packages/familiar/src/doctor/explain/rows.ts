import type { Fact } from '../../classify/facts.js'
import type { Condition, Rule } from '../../classify/first-match.js'
import type { Explanation, ExplanationText } from './explanation.js'
import { FACTS } from './facts.js'

/** Returns the explanation of a row of a decision table. `name` is its reason, or `safe_auto`. */
export function rowExplanation(rule: Rule, name: string, text: ExplanationText): Explanation {
  return {
    id: rule.id,
    kind: 'row',
    summary: `${name === rule.class ? '' : `${rule.class}, `}${name}: ${text.summary}`,
    why: text.why,
    whatToDo: text.whatToDo,
    conditions: rule.when.map(conditionText),
  }
}

function conditionText(condition: Condition): string {
  const parts = Object.entries(condition).map(([fact, wanted]) => {
    const values = typeof wanted === 'string' ? wanted : wanted.join(' or ')
    return `${FACTS[fact as Fact]}: ${values}`
  })
  return parts.length === 0 ? 'no row above matches' : parts.join('; ')
}
