import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

it('npm does not pack the workspace, which would install without a command', () => {
  const { status, stderr } = spawnSync('npm', ['pack', '--dry-run'], { cwd: ROOT, encoding: 'utf8' })
  expect([status === 0, stderr]).toEqual([false, expect.stringContaining('npm pack --workspace spec-kitty')])
})
