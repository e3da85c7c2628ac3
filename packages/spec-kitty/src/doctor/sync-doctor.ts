import type { DoctorExtension, Io } from 'familiar/cli'
import { ownerDetails, syncDetails } from '../daemons/health-details.js'
import { readConfig, type ConfigRead } from '../sync/config.js'
import { isTruthy } from '../sync/settings.js'
import { readSession, type SessionView } from './session.js'

type Finding = NonNullable<Awaited<ReturnType<DoctorExtension>>['findings']>[number]

/** Returns what `auth doctor` shows besides: the root, the session, the queue, and what is wrong with them. */
export function syncDoctor(env: Io['env']): DoctorExtension {
  return async ({ scope: root, status }) => {
    const session = readSession(root)
    const config = await readConfig(root)
    return {
      head: [
        ['root', root],
        ['session', session === null ? 'none' : (session.principal ?? 'present')],
      ],
      document: { auth_root: root, session },
      daemon: { ...syncDetails(status.report?.details ?? null), queued: null },
      record: ownerDetails,
      findings: [...noSession(session, env), ...configUnreadable(config)],
    }
  }
}

function noSession(session: SessionView | null, env: Io['env']): readonly Finding[] {
  if (session !== null) return []
  const isNeeded = isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC'])
  return [
    {
      id: 'F-001',
      severity: isNeeded ? 'critical' : 'info',
      summary: isNeeded ? 'no session, but hosted sync is enabled' : 'no session',
      remediation: null,
    },
  ]
}

function configUnreadable(config: ConfigRead): readonly Finding[] {
  if (config.state !== 'unreadable') return []
  return [
    {
      id: 'F-012',
      severity: 'warn',
      summary: `${config.path} cannot be read (${config.why}): commands start no daemon by themselves`,
      remediation: null,
    },
  ]
}
