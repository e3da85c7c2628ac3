import type { MissionSection, MissionSummary } from '../api.js'
import { isAgent, shortAgent } from './agent-names.js'
import type { ListChoice } from './url-route.js'

export interface ListSection {
  readonly section: MissionSection
  readonly name: string
  readonly missions: readonly MissionSummary[]
}

const SECTIONS: readonly Omit<ListSection, 'missions'>[] = [
  { section: 'active', name: 'Active' },
  { section: 'waiting', name: 'Waiting for you' },
  { section: 'finished', name: 'Finished' },
]

export const SORTS: readonly { readonly sort: string; readonly name: string }[] = [
  { sort: '', name: 'Last changed' },
  { sort: 'title', name: 'Title' },
  { sort: 'progress', name: 'Progress' },
  { sort: 'size', name: 'Work packages' },
]

/** Returns the missions that match the reader's filters, in sections; empty sections are left out. */
export function sectionsOf(missions: readonly MissionSummary[], choice: ListChoice): readonly ListSection[] {
  const chosen = missions.filter((mission) => matches(mission, choice))
  const sorted = sort(chosen, choice.sort)
  return SECTIONS.map(({ section, name }) => ({
    section,
    name,
    missions: sorted.filter((mission) => sectionOf(mission) === section),
  })).filter((section) => section.missions.length > 0)
}

/**
 * Returns in words what waits for the reader in how many missions: `17 with work for you, 144 to merge`. Empty if none is to
 * merge, because the number of the section then says the same.
 */
export function describeWaiting(missions: readonly Pick<MissionSummary, 'state'>[]): string {
  const merging = missions.filter(({ state }) => state === 'approved').length
  const others = missions.length - merging
  if (merging === 0) return ''
  return others === 0 ? `${merging} to merge` : `${others} with work for you, ${merging} to merge`
}

/** A section that this version does not know counts as active, so that a mission is never left out. */
function sectionOf({ section }: MissionSummary): MissionSection {
  return section === 'waiting' || section === 'finished' ? section : 'active'
}

/** Returns the short names of the agents of all missions, each once, sorted. */
export function agentsOf(missions: readonly Pick<MissionSummary, 'agents'>[]): readonly string[] {
  return [...new Set(missions.flatMap(({ agents }) => agents.map(shortAgent)))].toSorted((one, other) =>
    one.localeCompare(other),
  )
}

/** Returns whether all words of a text occur in one of these texts, ignoring case. */
export function hasWords(text: string, places: readonly (string | null)[]): boolean {
  const place = places.join('\n').toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => place.includes(word))
}

function matches(mission: MissionSummary, { text, lane, agent }: ListChoice): boolean {
  const { title, id, purpose, lanes, agents } = mission
  if (!hasWords(text, [title, id, purpose])) return false
  if (lane !== '' && !(Object.hasOwn(lanes, lane) && (lanes as Readonly<Record<string, number>>)[lane]))
    return false
  return agent === '' || agents.some((one) => isAgent(agent, one))
}

/** The server sends the missions in the order of their last change, the latest first. */
function sort(missions: readonly MissionSummary[], by: string): readonly MissionSummary[] {
  if (by === 'title')
    return missions.toSorted((one, other) => one.title.localeCompare(other.title, 'en', { numeric: true }))
  if (by === 'progress')
    return missions.toSorted((one, other) => (other.progress ?? -1) - (one.progress ?? -1))
  if (by === 'size') return missions.toSorted((one, other) => sizeOf(other) - sizeOf(one))
  return missions
}

function sizeOf({ counts }: MissionSummary): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
