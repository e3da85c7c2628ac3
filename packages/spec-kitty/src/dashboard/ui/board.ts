import type { BoardColumn, MissionReply, WorkPackage } from '../api.js'
import { hasWords } from './mission-list.js'
import { isAgent, shortAgent } from './agent-names.js'
import type { BoardChoice } from './url-route.js'

/** How the packages of a mission are shown. */
export type BoardForm = 'columns' | 'list' | 'graph'

export const FORMS: readonly { readonly form: BoardForm; readonly name: string }[] = [
  { form: 'columns', name: 'Columns' },
  { form: 'list', name: 'List' },
  { form: 'graph', name: 'Graph' },
]

/** Returns the chosen form. By default, a finished mission is shown as a list, and any other in columns. */
export function formOf({ as }: BoardChoice, { section }: Pick<MissionReply, 'section'>): BoardForm {
  const chosen = FORMS.find(({ form }) => form === as)
  return chosen?.form ?? (section === 'finished' ? 'list' : 'columns')
}

export const GROUPS: readonly { readonly value: string; readonly name: string }[] = [
  { value: '', name: 'nothing' },
  { value: 'phase', name: 'phase' },
  { value: 'agent', name: 'agent' },
]

export interface PackageGroup {
  /** The name of the group; null if the packages are not grouped. */
  readonly name: string | null
  readonly packages: readonly WorkPackage[]
}

/** Returns the packages by phase or agent, sorted by its name; those without one come last. */
export function groupPackages(packages: readonly WorkPackage[], by: string): readonly PackageGroup[] {
  if (by !== 'phase' && by !== 'agent') return [{ name: null, packages }]
  const nameOf = (one: WorkPackage) => (by === 'phase' ? one.phase : shortAgent(whoHas(one) ?? '')) ?? ''
  const names = [...new Set(packages.map(nameOf))].toSorted(byName)
  return names.map((name) => ({
    name: name === '' ? `No ${by}` : name,
    packages: packages.filter((one) => nameOf(one) === name),
  }))
}

function byName(one: string, other: string): number {
  if (one === '' || other === '') return one === other ? 0 : one === '' ? 1 : -1
  return one.localeCompare(other, 'en', { numeric: true })
}

/** Returns the packages in one column, in the given order. */
export function inColumn(packages: readonly WorkPackage[], column: BoardColumn): readonly WorkPackage[] {
  return packages.filter((workPackage) => workPackage.column === column)
}

/** Returns whether a package in this lane no longer blocks those that depend on it. */
export function isSatisfied(lane: string | null): boolean {
  return lane === 'approved' || lane === 'done'
}

/** Returns the owner of a package: its agent, otherwise its assignee; null if it has neither. */
export function whoHas({ agent, assignee }: Pick<WorkPackage, 'agent' | 'assignee'>): string | null {
  return agent || assignee || null
}

/** Returns the short names of the agents and assignees of a mission, each once, sorted. */
export function peopleOf(packages: readonly WorkPackage[]): readonly string[] {
  const names = packages.flatMap(({ agent, assignee }) => [agent ?? '', assignee ?? ''])
  return [...new Set(names.map(shortAgent))].filter((name) => name !== '').toSorted(byName)
}

/** Returns the packages that match the words and the agent that the reader chose. */
export function choosePackages(
  packages: readonly WorkPackage[],
  choice: BoardChoice,
): readonly WorkPackage[] {
  return packages.filter(({ id, title, agent, assignee, phase }) => {
    if (choice.agent !== '' && !isAgent(choice.agent, agent) && !isAgent(choice.agent, assignee)) return false
    return hasWords(choice.text, [id, title, agent, assignee, phase])
  })
}

/** Returns what changed between two replies in words, for a screen reader: `WP02 Go on is now Approved`. */
export function describeMoves(
  before: readonly WorkPackage[],
  after: readonly WorkPackage[],
  nameOf: (lane: string) => string,
): string {
  const lanes = new Map(before.map(({ id, lane }) => [id, lane]))
  const moved = after.filter(({ id, lane }) => lane !== null && lanes.has(id) && lanes.get(id) !== lane)
  const [first, ...more] = moved
  if (first === undefined) return 'The mission has changed.'
  const others = more.length === 0 ? '' : ` ${more.length} more have moved.`
  return `${first.id} ${first.title} is now ${nameOf(first.lane ?? '')}.${others}`
}
