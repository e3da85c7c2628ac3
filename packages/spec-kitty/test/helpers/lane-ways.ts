import { laneEvent, prompt, writeMission } from './projects.js'

/** A lane, and what else its event says. */
export type Step = readonly [lane: string, fields?: object]

/** The log of a package that went through these lanes, each named as the one before in the next event. */
export function way(wp: string, from: number, ...steps: readonly Step[]): string {
  return steps
    .map(([lane, fields], at) =>
      laneEvent(from + at, wp, lane, { from_lane: steps[at - 1]?.[0] ?? 'genesis', ...fields }),
    )
    .join('')
}

/** The way of a package into its review. */
export const WORKED: readonly Step[] = [
  ['planned'],
  ['claimed'],
  ['in_progress'],
  ['for_review'],
  ['in_review'],
]

/** Writes a mission whose packages have these logs. */
export function writeWays(
  project: string,
  id: string,
  meta: object,
  logs: readonly string[],
  more = '',
): void {
  const prompts = logs.map((_, at) => [
    `tasks/WP0${at + 1}.md`,
    prompt(`WP0${at + 1}`, `Work ${at + 1}`, more),
  ])
  writeMission(project, id, {
    ...Object.fromEntries(prompts),
    'meta.json': JSON.stringify(meta),
    'status.events.jsonl': logs.join(''),
  })
}
