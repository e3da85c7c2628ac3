import { expect, it } from 'vitest'
import { describeFullRange } from '../../src/observe/port-users.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { observation } from '../helpers/observations.js'

function scanOf(ports: readonly number[]): Scan {
  const verdict = { class: 'never_touch', reason: 'third_party', rule: 'S3a' }
  const candidates = ports.map((port) => ({ observation: observation({ port }), verdict }) as Candidate)
  return { family: { ports: { from: 9400, to: 9450 } }, candidates } as unknown as Scan
}

const BOUND = /by sockets that are bound and do not listen, which no list of listeners shows \(Linux: see ss /

it('a full range in which nothing listens is held by sockets that do not listen', () => {
  expect(describeFullRange(scanOf([]))).toMatch(new RegExp(`^50 ${BOUND.source}`))
})

it('counts them beside the processes that listen, each port once', () => {
  const text = describeFullRange(scanOf([9400, 9401, 9401]))
  expect(text).toMatch(new RegExp(`^2 by process \\d+, node \\(third_party\\), 48 ${BOUND.source}`))
})

it('says nothing of them where something listens on every port', () => {
  const all = Array.from({ length: 50 }, (_, index) => 9400 + index)
  expect(describeFullRange(scanOf(all))).toMatch(/^50 by process \d+, node \(third_party\)$/)
})
