import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

/** A line of the log about a decision, that of second `at` of the year. */
function decision(at: number, kind: string, id: string, payload: object = {}): string {
  const event = {
    event_id: `01DECIDE${at}-${id}`,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    event_type: `DecisionPoint${kind}`,
    payload: { decision_point_id: id, ...payload },
  }
  return `${JSON.stringify(event)}\n`
}

const asked = (at: number, id: string, question = `Question ${id}?`) =>
  decision(at, 'Opened', id, { question })

async function openAfter(lines: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const project = emptyProject()
  writeMission(project, 'm', { ...files, 'status.events.jsonl': lines.join('') })
  const opened = openProject(project)
  const mission = await opened.mission('m')
  const { decisions, counts } = await opened.now()
  const { missions } = await opened.missions()
  return { mission, decisions, counts, summary: missions[0] }
}

describe('the decisions that a mission asks for', () => {
  it('wait for the user while no event ends them, the oldest first, with their document', async () => {
    const { mission, decisions, counts, summary } = await openAfter(
      [asked(5, 'D2'), asked(3, 'D1', 'Which port?'), asked(7, 'D3'), decision(9, 'Resolved', 'D3')],
      { 'decisions/DM-D1.md': '# Which port?\n' },
    )
    const first = {
      id: 'D1',
      question: 'Which port?',
      asked_at: '2026-01-01T00:00:03.000Z',
      document: 'decisions/DM-D1.md',
    }
    expect(mission?.open_decisions).toEqual([
      first,
      { id: 'D2', question: 'Question D2?', asked_at: '2026-01-01T00:00:05.000Z', document: null },
    ])
    expect(decisions[0]).toEqual({ mission: { id: 'm', title: 'm' }, ...first })
    expect(counts).toMatchObject({ waiting: 0, decisions: 2 })
    expect(summary).toMatchObject({
      state: 'waiting',
      section: 'waiting',
      state_words: '2 wait for you',
      decision_count: 2,
      waiting_count: 0,
    })
    expect(summary).not.toHaveProperty('open_decisions')
  })

  it.each(['Resolved', 'Overridden'])('are over with %s, also where a merge put that first', async (kind) => {
    const { decisions } = await openAfter([decision(9, kind, 'D1'), asked(3, 'D1')])
    expect(decisions).toEqual([])
  })

  it('stay open while they are talked about', async () => {
    const { decisions } = await openAfter([asked(3, 'D1'), decision(4, 'Discussing', 'D1'), asked(5, 'D1')])
    expect(decisions).toMatchObject([{ id: 'D1', asked_at: '2026-01-01T00:00:03.000Z' }])
  })

  it('are not known to be open where the log could not be read whole', async () => {
    const { mission, decisions } = await openAfter([asked(3, 'D1'), '{"event_id": \n', asked(4, 'D2')])
    expect([mission?.open_decisions, decisions]).toEqual([[], []])
  })

  it('do not wait in a mission that is finished', async () => {
    const { decisions, summary } = await openAfter([asked(3, 'D1'), laneEvent(4, 'WP01', 'done')])
    expect(decisions).toEqual([])
    expect(summary).toMatchObject({ state: 'done', decision_count: 1 })
  })

  it('are nothing without an id, and have their id for a question that is missing', async () => {
    const { decisions } = await openAfter([
      decision(3, 'Opened', ''),
      decision(4, 'Opened', 'D2', { question: 7 }),
      `${JSON.stringify({ event_id: 'X', at: '2026-01-01T00:00:00Z', event_type: 'DecisionPointOpened' })}\n`,
    ])
    expect(decisions).toMatchObject([{ id: 'D2', question: 'D2' }])
  })
})
