import { expect, it } from 'vitest'
import { stoppedWatching } from '../../src/sync/stopped-watching.js'
import type { Why } from '../../src/sync/why-types.js'

const NOW = 'spec-kitty sync now'
const WHY: Why = { reason: 'backing_off', sentence: 'the last attempt failed: so', command: NOW, isAll: true }
const TOLD = 'stopped watching after 3 failed attempts, and the daemon goes on: the last attempt failed: so'

it('a full disk is told with what makes room, because the command does not suggest itself', () => {
  const full = { ...WHY, before: 'free space there; then', shown: `${NOW}  # tries at once` }
  expect(stoppedWatching(full, 3)).toEqual({ sentence: `${TOLD}; free space there`, command: null })
})

it('a second command is told as the one to run if waiting does not help', () => {
  const shown = `${NOW}  # tries at once; nothing to do if the server comes back`
  expect(stoppedWatching({ ...WHY, shown, also: 'spec-kitty config list' }, 3)).toEqual({
    sentence: `${TOLD}; nothing to do if the server comes back, otherwise`,
    command: 'spec-kitty config list',
  })
  expect(stoppedWatching({ ...WHY, command: 'spec-kitty sync restart' }, 1).command).toBe(
    'spec-kitty sync restart',
  )
})
