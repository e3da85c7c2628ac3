import type { StartPolicy } from './request.js'

/** Returns why no daemon may be started automatically, null if one may. The order is part of the contract. */
export function skipReason(policy: StartPolicy): string | null {
  if (policy.disabledBy !== null) return `${policy.disabledBy} is set`
  if (!policy.isRolledOut) return 'rollout_disabled'
  if (policy.intent === 'local_only') return 'intent_local_only'
  return policy.isManual ? 'policy_manual' : null
}
