import { inHome } from '../cli/in-home.js'
import { sessionTrouble, type HomeTrouble } from './home-problem.js'
import type { Settings } from './settings-table.js'
import type { Obstacle } from './upload/gate.js'
import type { Why } from './why-types.js'

/** Why a sign-in fails here, and what comes before it. */
export interface SignInObstacle {
  /** The finding that is about the cause. */
  readonly id: 'F-012' | 'F-021'
  readonly problem: string
  readonly remedy: Pick<Why, 'command' | 'shown' | 'before'>
}

/**
 * Returns why `auth login` fails in this home: no session can be stored, or a setting that a sign-in needs cannot be read.
 * Null if nothing is known to be in the way. Asked before any sign-in is proposed.
 */
export function signInObstacle(root: string, settings: Settings): SignInObstacle | null {
  const trouble = sessionTrouble(root)
  if (trouble !== null) {
    const problem = `no session can be stored: ${trouble.problem}`
    return { id: 'F-021', problem, remedy: homeRemedy(trouble) }
  }
  const wrong = (['sync.issuer', 'sync.client_id'] as const)
    .map((key) => settings.get(key))
    .find((one) => one.state === 'wrong')
  if (wrong?.state !== 'wrong') return null
  const { brokenLine, fileCure } = settings
  const command = inHome`spec-kitty config list`
  const place = wrong.source.kind === 'environment' ? `${wrong.source.variable} in this shell` : brokenLine
  return {
    id: 'F-012',
    problem: `no sign-in works: ${wrong.problem}`,
    remedy: {
      command,
      ...(fileCure === null ? {} : { shown: fileCure }),
      ...(place === null ? {} : { before: `correct ${place}, and look whether it is right` }),
    },
  }
}

/** Returns what lets something be written to the home: by hand, or by a command for people. */
export function homeRemedy({
  wayOut,
  command,
}: Pick<HomeTrouble, 'wayOut' | 'command'>): SignInObstacle['remedy'] {
  const more = command === null ? '; to read more' : ''
  return {
    command: 'spec-kitty explain F-021',
    ...(wayOut === null ? {} : { before: `${wayOut}${more}` }),
    ...(command === null ? {} : { shown: command }),
  }
}

interface Blocked {
  readonly obstacles: readonly Obstacle[]
  readonly signInObstacle: SignInObstacle | null
}

/** Returns whether a sign-in is missed, and this finding is about what keeps it from working. */
export function isSignInBlocked({ obstacles, signInObstacle }: Blocked, id: SignInObstacle['id']): boolean {
  const isSignedOut = obstacles.some(
    ({ reason }) => reason === 'no_session' || reason === 'session_unreadable',
  )
  return isSignedOut && signInObstacle?.id === id
}
