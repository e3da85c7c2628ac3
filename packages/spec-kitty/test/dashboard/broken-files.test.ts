import { afterEach, describe, expect, it } from 'vitest'
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

const LOG = 'status.events.jsonl'
const PROMPTS = { 'tasks/WP01.md': prompt('WP01', 'One') }
const MARKED = '<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n'

async function read(files: Files) {
  const project = emptyProject()
  writeMission(project, 'm', files)
  const mission = await openProject(project).mission('m')
  if (mission === null) throw new Error('There is no mission.')
  return mission
}

function problemsOf({ problems }: Awaited<ReturnType<typeof read>>) {
  return problems.map(({ path, what }) => `${path.slice('kitty-specs/m/'.length)}: ${what}`)
}

describe('a log in UTF-16', () => {
  const text = laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP01', 'approved')
  const little = Buffer.from(text, 'utf16le')

  it.each([
    ['with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['big endian', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['without a byte order mark', little],
    ['of more than a MiB', Buffer.concat([Buffer.from(`\uFEFF${text.repeat(5000)}`, 'utf16le')])],
  ])('is named as such, and none of it is believed: %s', async (_, bytes) => {
    const mission = await read({ ...PROMPTS, [LOG]: bytes })
    const what = 'is UTF-16, and a log must be UTF-8: none of it was read'
    expect(problemsOf(mission)).toEqual([`${LOG}: ${what}`])
    expect(mission).toMatchObject({
      state: 'unreadable',
      state_words: 'its log cannot be read',
      unread_lanes: 1,
    })
    expect(mission.work_packages).toMatchObject([{ lane: null, is_ready: false, next_command: null }])
  })

  it('is named where it was appended to one in UTF-8', async () => {
    const mission = await read({ ...PROMPTS, [LOG]: Buffer.concat([Buffer.from(text), little]) })
    expect(problemsOf(mission)[0]).toBe(`${LOG}: line 3 has NUL bytes, like UTF-16, and is not a JSON object`)
    expect(mission.work_packages[0]?.lane_doubt).not.toBeNull()
  })

  it('is not any log that begins with zeros', async () => {
    const mission = await read({ ...PROMPTS, [LOG]: `\0\0\0\0\n${text}` })
    expect(mission.work_packages).toMatchObject([{ lane: 'approved' }])
  })
})

it('the first line of a log shows other bytes like every other line', async () => {
  const line = (at: number) => laneEvent(at, 'WP01', 'planned', { reason: 'gr\u00fcn' })
  const mission = await read({ ...PROMPTS, [LOG]: Buffer.from(line(1) + line(2), 'latin1') })
  expect(mission.work_packages[0]?.history.map(({ reason }) => reason)).toEqual(['gr\uFFFDn', 'gr\uFFFDn'])
})

describe('the markers of a merge conflict are named', () => {
  it('in a log, line by line, and the lanes are in doubt', async () => {
    const log = laneEvent(1, 'WP01', 'planned') + MARKED.replaceAll('{}\n', laneEvent(2, 'WP01', 'claimed'))
    const mission = await read({ ...PROMPTS, [LOG]: log })
    const what = 'is a marker of a merge conflict'
    expect(problemsOf(mission)).toEqual([2, 4, 6].map((line) => `${LOG}: line ${line} ${what}`))
    expect(mission.work_packages).toMatchObject([{ lane_doubt: `kitty-specs/m/${LOG}: line 6 ${what}` }])
  })

  it('in meta.json', async () => {
    const mission = await read({ ...PROMPTS, 'meta.json': MARKED })
    expect(problemsOf(mission)).toEqual(['meta.json: has the markers of a merge conflict'])
  })

  it.each([
    [
      'in the front matter',
      `---\nwork_package_id: WP01\n${MARKED.replaceAll('{}', 'dependencies: []')}---\n`,
    ],
    ['around the front matter', MARKED.replaceAll('{}', prompt('WP01', 'One'))],
  ])('in a prompt, which is then not ready: %s', async (_, text) => {
    const mission = await read({ 'tasks/WP01.md': text, [LOG]: laneEvent(1, 'WP01', 'planned') })
    expect(problemsOf(mission)[0]).toBe('tasks/WP01.md: has the markers of a merge conflict')
    expect(mission.work_packages).toMatchObject([
      {
        is_ready: false,
        next_command: null,
        not_ready_because: 'what it needs is not known: has the markers of a merge conflict',
      },
    ])
  })

  it('but not in the text of a prompt that only underlines a heading', async () => {
    const mission = await read({ 'tasks/WP01.md': `${prompt('WP01', 'One')}\nTitle\n=======\n` })
    expect(problemsOf(mission)).toEqual([])
  })
})
