import { afterEach, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import {
  emptyProject,
  laneEvent,
  prompt,
  removeProjects,
  writeMission,
  type Files,
} from '../helpers/projects.js'

afterEach(removeProjects)

/** Each takes the whole of YAML some milliseconds. */
const SLOW = `notes:\n${"  - !!str 'a b'\n".repeat(150)}dependencies:\n${"  - !!str 'a b'\n".repeat(150)}`

const PROMPTS = Object.fromEntries(
  Array.from({ length: 60 }, (_, at) => [`tasks/WP${at + 10}.md`, prompt(`WP${at + 10}`, 'One', SLOW)]),
)

const LOG = Array.from({ length: 20_000 }, (_, at) => laneEvent(at, `WP${at % 50}`, 'claimed')).join('')

it.each<readonly [string, Files]>([
  ['prompts', PROMPTS],
  ['lines in its log', { 'status.events.jsonl': LOG }],
])('others have their turns while a mission with many %s is read', async (_, files) => {
  const project = emptyProject()
  writeMission(project, 'm', files)
  const reader = openProject(project)
  let [turns, isRead] = [0, false]
  const count = (): void => {
    turns += 1
    if (!isRead) setImmediate(count)
  }
  setImmediate(count)
  const mission = await reader.mission('m')
  isRead = true
  expect(mission?.work_packages.length).toBeGreaterThan(10)
  expect(turns).toBeGreaterThan(8)
})
