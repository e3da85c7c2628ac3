import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

/** A log, and what a reader that read it before says of it, which must be what a new reader says. */
function growingLog(first: string) {
  const project = emptyProject()
  const path = join(writeMission(project, 'm', { 'status.events.jsonl': first }), 'status.events.jsonl')
  const reader = openProject(project)
  const lanes = async () => {
    const [known, fresh] = [await reader.mission('m'), await openProject(project).mission('m')]
    expect({ ...known, generated_at: null }).toEqual({ ...fresh, generated_at: null })
    return known?.work_packages.map(({ id, lane, history }) => `${id} ${lane} ${history.length}`)
  }
  return { path, lanes }
}

describe('a log that grows is read on from where it was read to, and', () => {
  it('what is appended counts, also where a line was written in two parts', async () => {
    const { path, lanes } = growingLog(laneEvent(1, 'WP01', 'planned'))
    expect(await lanes()).toEqual(['WP01 planned 1'])
    appendFileSync(path, laneEvent(2, 'WP01', 'claimed') + laneEvent(3, 'WP02', 'planned'))
    expect(await lanes()).toEqual(['WP01 claimed 2', 'WP02 planned 1'])
    const line = laneEvent(4, 'WP01', 'for_review')
    appendFileSync(path, line.slice(0, 40))
    expect(await lanes()).toEqual(['WP01 claimed 2', 'WP02 planned 1'])
    appendFileSync(path, line.slice(40))
    expect(await lanes()).toEqual(['WP01 for_review 3', 'WP02 planned 1'])
    appendFileSync(path, laneEvent(2, 'WP01', 'claimed') + laneEvent(0, 'WP02', 'genesis') + 'no JSON\n')
    expect(await lanes()).toEqual(['WP01 for_review 3', 'WP02 planned 2'])
  })

  it('from its beginning where it was written anew or cut off', async () => {
    const { path, lanes } = growingLog(laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP01', 'claimed'))
    expect(await lanes()).toEqual(['WP01 claimed 2'])
    writeFileSync(
      path,
      laneEvent(1, 'WP07', 'planned') + laneEvent(2, 'WP07', 'done') + laneEvent(3, 'WP08', 'done'),
    )
    expect(await lanes()).toEqual(['WP07 done 2', 'WP08 done 1'])
    truncateSync(path, laneEvent(1, 'WP07', 'planned').length)
    expect(await lanes()).toEqual(['WP07 planned 1'])
    writeFileSync(path, '')
    expect(await lanes()).toEqual([])
  })
})
