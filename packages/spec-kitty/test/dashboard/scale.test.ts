import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { largeProject, removeProjects } from '../helpers/projects.js'

afterAll(removeProjects)

const BUILT = fileURLToPath(new URL('../../dist/dashboard/project/project.js', import.meta.url))

const MISSIONS = times(30, 100)
const PACKAGES = 30

/** In a process of its own, as in the daemon: what the tests' own process needs would hide what the reader needs. */
const MEASURE = `
  import { appendFileSync } from 'node:fs'
  import { monitorEventLoopDelay } from 'node:perf_hooks'
  const { openProject } = await import(process.argv[1])
  const [, , directory] = process.argv
  const megabytes = () => { globalThis.gc(); return process.memoryUsage().rss / 2 ** 20 }
  const project = openProject(directory)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const result = {}
  const measure = async (name, what) => {
    const before = megabytes()
    delay.reset()
    delay.enable()
    const start = performance.now()
    const cpu = process.cpuUsage()
    const reply = await what()
    const { user, system } = process.cpuUsage(cpu)
    delay.disable()
    result[name] = {
      ms: Math.round(performance.now() - start),
      cpu_ms: Math.round((user + system) / 1000),
      longest_block_ms: Math.round(delay.max / 1e6),
      grown_mb: Math.round(megabytes() - before),
    }
    return reply
  }
  const cold = await measure('cold', () => project.missions())
  await new Promise((resolve) => setTimeout(resolve, 2500))
  await measure('settling', () => project.missions())
  await measure('unchanged', () => project.missions())
  const id = cold.missions[0].id
  const line = { event_id: 'z', at: '2027-01-01T00:00:00Z', wp_id: 'WP01', to_lane: 'approved' }
  appendFileSync(directory + '/kitty-specs/' + id + '/status.events.jsonl', JSON.stringify(line) + '\\n')
  const changed = await measure('one change', () => project.missions())
  const mission = await measure('one mission', () => project.mission(id))
  const packages = cold.missions.map(({ counts }) => Object.values(counts)).flat().reduce((sum, count) => sum + count)
  console.log(JSON.stringify({
    result,
    missions: cold.missions.length,
    packages,
    first: changed.missions[0].id === id,
    lane: mission.work_packages[0].lane,
    problems: cold.missions.reduce((sum, { problem_count: count }) => sum + count, 0),
  }))`

it(`${MISSIONS} missions of ${PACKAGES} packages are read, and read again after a change`, () => {
  const directory = largeProject(MISSIONS, PACKAGES)
  const command = ['--expose-gc', '--input-type=module', '--eval', MEASURE, BUILT, directory]
  const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 100_000 })
  expect(stderr).toBe('')
  const { result, ...said } = JSON.parse(stdout)
  for (const [name, figures] of Object.entries(result)) figure(`${name}: ${JSON.stringify(figures)}`)
  // Every tenth package is in genesis, which is on no board.
  const packages = MISSIONS * PACKAGES * 0.9
  expect(said).toEqual({ missions: MISSIONS, packages, first: true, lane: 'approved', problems: 0 })
}, 120_000)
