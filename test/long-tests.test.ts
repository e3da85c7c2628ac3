import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { filesOf, LONG, LONGER } from '../scripts/long-tests.mjs'

const FILES = ['packages/familiar/test', 'packages/spec-kitty/test'].flatMap((root) =>
  readdirSync(root, { recursive: true }).map((path) => join(root, String(path))),
)

it.each(['process', 'live'] as const)('each name of the long %s tests is that of one file', (project) => {
  const ends = [LONG, LONGER].flatMap((names) => filesOf(names, project))
  const wrong = ends.filter((end) => FILES.filter((file) => file.endsWith(end)).length !== 1)
  expect([new Set(ends).size, wrong]).toEqual([ends.length, []])
})
