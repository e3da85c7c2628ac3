// @ts-check
/**
 * `npm run test:nodes -- [22 24 26] [--project unit]`: runs the tests, or a part of them, on these Node versions (by
 * default, all three), which it installs into a temporary directory, not into the repository.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { installNode } from './install-node.mjs'

const given = process.argv.slice(2)
const named = given.filter((argument) => /^\d+$/.test(argument))
const versions = named.length > 0 ? named : ['22', '24', '26']
const others = given.filter((argument) => !named.includes(argument))
const home = mkdtempSync(join(tmpdir(), 'familiar-nodes-'))
chmodSync(home, 0o755) // the tests start processes of other users with these binaries
let isGood = true

for (const version of versions) {
  const bin = installNode(version, home)
  const node = join(bin, 'node')
  console.log(`\nNode ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`)
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
  isGood = spawnSync(node, ['scripts/test.mjs', ...others], { stdio: 'inherit', env }).status === 0 && isGood
}
rmSync(home, { recursive: true })
process.exitCode = isGood ? 0 : 1
