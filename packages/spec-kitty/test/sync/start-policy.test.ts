import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSkipReason, type Intent } from '../../src/sync/start-policy.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

const FREE = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
const DISABLED = { SPEC_KITTY_SYNC_DISABLE: '1' }
const MANUAL = '[sync]\nbackground_daemon = "manual"\n'

function rootWith(config: string | null): string {
  const root = join(makeHome(), 'root')
  mkdirSync(root)
  if (config !== null) writeFileSync(join(root, 'config.toml'), config)
  return root
}

it.for([
  ['all of it', DISABLED, 'local_only', MANUAL, 'SPEC_KITTY_SYNC_DISABLE is set'],
  ['no roll-out, and the rest', {}, 'local_only', MANUAL, 'rollout_disabled'],
  ['a local command, and the policy', FREE, 'local_only', MANUAL, 'intent_local_only'],
  ['the policy', FREE, 'remote_required', MANUAL, 'policy_manual'],
  ['a variable alone', { ...FREE, ...DISABLED }, 'remote_required', null, 'SPEC_KITTY_SYNC_DISABLE is set'],
  ['no roll-out alone', {}, 'remote_required', null, 'rollout_disabled'],
  ['a local command alone', FREE, 'local_only', null, 'intent_local_only'],
  ['a configuration that is not TOML', FREE, 'remote_required', '[[[', 'policy_manual'],
  ['nothing', FREE, 'remote_required', null, null],
  ['nothing, with a configuration of other things', FREE, 'remote_required', 'x = 1\n', null],
] as const)('%s keeps commands from starting a daemon', async ([, env, intent, config, reason]) => {
  expect(await readSkipReason(rootWith(config), env, intent satisfies Intent)).toBe(reason)
})
