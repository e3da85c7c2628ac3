import { expect, it } from 'vitest'
import { describeFullRange, describePortUsers } from '../../src/observe/port-users.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { observation } from '../helpers/observations.js'

const FAMILY = {
  ports: { from: 9400, to: 9450 },
  reasonNames: { other_family: 'other', not_ours: 'not_tool' },
}

function scanOf(ports: readonly number[]): Scan {
  const verdict = { class: 'never_touch', reason: 'third_party', rule: 'S3a' }
  const candidates = ports.map((port) => ({ observation: observation({ port }), verdict }) as Candidate)
  return { family: FAMILY, candidates } as unknown as Scan
}

const BOUND = /by sockets that are bound and do not listen, which no list of listeners shows \(Linux: see ss /

it('a full range in which nothing listens is held by sockets that do not listen', () => {
  expect(describeFullRange(scanOf([]), 'home')).toMatch(new RegExp(`^50 ${BOUND.source}`))
})

it('counts them beside the processes that listen, each port once', () => {
  const text = describeFullRange(scanOf([9400, 9401, 9401]), 'home')
  expect(text).toMatch(
    new RegExp(`^2 by another program, process \\d+, node \\(third_party\\), 48 ${BOUND.source}`),
  )
})

it('says nothing of them where something listens on every port', () => {
  const all = Array.from({ length: 50 }, (_, index) => 9400 + index)
  expect(describeFullRange(scanOf(all), 'home')).toMatch(
    /^50 by another program, process \d+, node \(third_party\)$/,
  )
})

it('says in plain words which kinds they are, and names the recorded daemon, which is the smallest of many', () => {
  const kinds = [
    ...Array.from({ length: 6 }, () => 'cross_root'),
    'starting',
    'starting',
    'starting',
    'third_party',
    'third_party',
    'not_tool',
    'not_tool',
    'is_recorded_singleton',
  ]
  const candidates = kinds.map((reason, index) => {
    const verdict = { class: 'operator_required', reason, rule: 'S1' }
    return { observation: observation({ port: 9400 + index, pid: 100 + index }), verdict } as Candidate
  })
  const seen = { family: FAMILY, candidates } as unknown as Scan
  expect(describePortUsers(seen, 'home')).toBe(
    [
      '6 by daemons of other homes (cross_root)',
      '3 by daemons that may still be starting (starting)',
      '2 by other programs (third_party)',
      '2 by unrecognised programs (not_tool)',
      '1 by the live daemon of its home, process 113, node (is_recorded_singleton)',
    ].join(', '),
  )
})

it('does not take ports of unknown processes for those of one process', () => {
  const seen = (pids: readonly (number | null)[], reason = 'third_party'): string => {
    const candidates = pids.map((pid, index) => {
      const verdict = { class: 'never_touch', reason, rule: 'S3a' }
      return { observation: observation({ port: 9400 + index, pid, process: null }), verdict } as Candidate
    })
    return describePortUsers({ family: FAMILY, candidates } as unknown as Scan, 'home')
  }
  const unknown = Array.from({ length: 40 }, () => null)
  expect(seen(unknown)).toBe('40 by other programs (third_party)')
  expect(seen(unknown, 'missing_pid')).toBe('40 by processes that are not seen from here (missing_pid)')
  expect(seen([null])).toBe('1 by another program, process unknown (third_party)')
  expect(seen([null, 100])).toBe('2 by other programs (third_party)')
  expect(seen([100, 100, 100])).toBe('3 by another program, process 100 (third_party)')
})
