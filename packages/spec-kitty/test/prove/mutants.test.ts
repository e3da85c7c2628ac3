import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { MUTANTS as IN_FILES } from '../../../../prove/dist/faults/mutants.js'
import { MUTANTS as IN_SIGNALS } from '../../../../prove/dist/kill-safety/mutants.js'
import { DIST } from '../../../../prove/dist/protocol/bundle.js'
import { MUTANTS as IN_PROTOCOL } from '../../../../prove/dist/protocol/mutants.js'
import { changeBundle, copyBuild } from '../../../../prove/dist/stage/builds.js'

/**
 * The short proofs try only a few of the seeded faults. A fault whose text is no longer in the build would stop the full proof, so
 * every text is looked for here.
 */
describe('every seeded fault can be put into the build', () => {
  const base = mkdtempSync(join(tmpdir(), 'mutants-'))
  afterAll(() => rmSync(base, { recursive: true }))

  it.each(IN_PROTOCOL.map(({ id, edits }) => [id, edits] as const))('protocol: %s', (_, edits) => {
    for (const { file, from } of edits)
      expect(readFileSync(DIST + file, 'utf8').split(from), `${file}: ${from}`).toHaveLength(2)
  })

  const bundled = [
    ...IN_FILES.map(({ what, from, to }) => ['faults', what, [{ from, to }]] as const),
    ...IN_SIGNALS.map(({ name, edits }) => ['kill-safety', name, edits] as const),
  ]
  it.each(bundled)('%s: %s', (proof, name, edits) => {
    const build = join(base, `${proof} ${name}`)
    copyBuild(build, '4.0.0')
    for (const { from, to } of edits) changeBundle(build, from, to)
  })
})
