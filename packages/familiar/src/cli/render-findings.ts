import type { Words } from '../define/options.js'
import type { Obstacle } from '../doctor/remedy.js'
import type { Finding } from '../doctor/finding.js'
import { verdictOf } from '../doctor/verdict.js'
import { paint, type Style } from './io.js'
import { printable } from './printable.js'
import { whyItMatters } from './why-it-matters.js'
import { wrapWords } from './text-width.js'
import { INDENT, indented, renderRemedy, type Terminal } from './render-remedy.js'

/** Each severity has its own mark, so the text is clear even without colours. What is critical is also said in words. */
const MARKS: Readonly<Record<Finding['severity'], readonly [mark: string, style: Style]>> = {
  critical: ['✗', 'red'],
  warn: ['!', 'yellow'],
  info: ['i', 'dim'],
}

/** Returns the first line: `No problems found.` or `2 problems, 1 thing to know.` */
export function renderVerdict(
  findings: readonly Finding[],
  terminal: Terminal,
  failed = 0,
): readonly string[] {
  const { problems, things } = verdictOf(findings)
  // The findings describe the machine as it is now. A process that could not be ended may have exited by itself since.
  if (failed > 0) {
    const rest = problems.length === 0 ? '' : ` ${counted(problems.length, 'problem')} found.`
    return [paint(terminal, 'red', `Not everything was ended: ${failed} failed.${rest}`)]
  }
  const known = things.length === 0 ? '' : `${counted(things.length, 'thing')} to know.`
  if (problems.length === 0) {
    const verdict = `No problems found.${known === '' ? '' : ` ${known}`}`
    return [paint(terminal, 'green', verdict)]
  }
  const found = counted(problems.length, 'problem')
  const style = problems.some(({ severity }) => severity === 'critical') ? 'red' : 'yellow'
  return [paint(terminal, style, known === '' ? `${found}.` : `${found}, ${known}`)]
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

const DECIDED_BELOW = 'What to do about those that need a decision stands below the table.'

/** The words for the findings. */
interface FindingWords {
  readonly words: Pick<Words, 'scope'>
  /** Why the tool's own findings matter, by id of the finding. */
  readonly why?: Readonly<Record<string, string>>
  /** The findings of which only the first line is printed, because the rest is already elsewhere on the screen. */
  readonly brief?: ReadonlySet<string>
  readonly obstacle?: Obstacle | null
  /** The findings that count daemons whose commands stand below the table. */
  readonly below?: ReadonlySet<string>
}

/**
 * Returns the findings, the most severe first: mark, finding, why it matters, and the command. With `--quiet`, only the
 * finding itself. A finding about what keeps the commands of the others from working comes before them.
 */
export function renderFindings(
  findings: readonly Finding[],
  { words, why = {}, brief = new Set(), obstacle = null, below = new Set() }: FindingWords,
  terminal: Terminal,
): readonly string[] {
  const order = ['critical', 'warn', 'info']
  const { problems, things } = verdictOf(findings)
  const sorted = problems.toSorted(
    (one, other) => order.indexOf(one.severity) - order.indexOf(other.severity),
  )
  const all = [...sorted, ...things]
  const inTheWay = all.filter(({ id }) => id === obstacle?.id)
  return [...inTheWay, ...all.filter((one) => !inTheWay.includes(one))].flatMap((finding) => {
    const summary = renderSummary(finding, terminal)
    if (terminal.isQuiet === true || brief.has(finding.id)) return summary
    return [
      ...summary,
      ...indented(whyItMatters(finding, words.scope, why), terminal),
      ...(finding.remediation === null ? [] : renderRemedy(finding.remediation, terminal)),
      ...indented(below.has(finding.id) ? DECIDED_BELOW : null, terminal),
    ]
  })
}

function renderSummary({ id, severity, summary }: Finding, terminal: Terminal): readonly string[] {
  const [mark, style] = MARKS[severity]
  const width = terminal.columns === null ? null : terminal.columns - INDENT.length
  const [first = '', ...rest] = wrapWords(
    `${printable(summary)} (${id}${severity === 'critical' ? ', critical' : ''})`,
    width,
  )
  return [`${paint(terminal, style, mark)} ${first}`, ...rest.map((line) => `  ${line}`)]
}
