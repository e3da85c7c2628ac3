// @ts-check
/** `npm run test:full`: runs in full the tests that `npm test` leaves out or shortens. */
import { spawnSync } from 'node:child_process'
import { filesOf, LONG, LONGER } from './long-tests.mjs'

process.env['FAMILIAR_FULL'] = '1'
for (const project of /** @type {const} */ (['process', 'live'])) {
  const names = [LONG, LONGER].flatMap((some) => filesOf(some, project))
  const { status } = spawnSync(process.execPath, ['scripts/test.mjs', '--project', project, ...names], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
