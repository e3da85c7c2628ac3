import { isFlag } from 'familiar/cli'
import type { WhyReason } from '../../sync/why-types.js'

/**
 * Other words for the reasons why no events leave: the words that `sync status` prints, and those that readers derive
 * from them. Most reasons are printed without their ids.
 */
const OF_REASONS: Readonly<Record<WhyReason, readonly string[]>> = {
  hosted_sync_disabled: ['hosted sync', 'hosted sync is off', 'hosted sync off', 'sync off'],
  config_unreadable: ['configuration is wrong', 'wrong configuration', 'configuration', 'config', 'wrong'],
  no_session: ['not signed in', 'signed out', 'sign in', 'login', 'not logged in', 'session'],
  session_unreadable: ['session cannot be read'],
  no_server: ['no usable server is set', 'no usable server', 'server'],
  insecure_server: ['server is not safe to send to', 'server not safe', 'not safe', 'unsafe server'],
  other_server: ['session is for another server', 'another server'],
  session_refused: ['server refused the session', 'refused', 'refused by the server'],
  no_consent: ['not opted in', 'has not opted in', 'opt in', 'consent'],
  consent_unreadable: ['consent cannot be read'],
  project_missing: ['project is gone', 'directory is gone', 'not there any more'],
  other_project: ['another project', 'another project there'],
  home_unwritable: [
    'read only',
    'disk full',
    'full disk',
    'disk is full',
    'home',
    'home cannot be written to',
  ],
  queue_unusable: ['queue', 'queue is damaged', 'queue damaged', 'damaged', 'queue cannot be read'],
  no_daemon: ['no sync daemon', 'no sync daemon runs', 'not running', 'daemon'],
  daemon_wedged: [
    'does not answer',
    'sync daemon does not answer',
    'daemon does not answer',
    'not answering',
  ],
  backing_off: [
    'last attempt failed',
    'last attempt',
    'waiting for the server',
    'retry',
    'server asked to wait',
    'asked to wait',
    'retry after',
    'server has not taken all events yet',
  ],
}

/** The reason has the name of the variable, which users type alone. */
const DISABLE = 'SPEC_KITTY_SYNC_DISABLE'

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(OF_REASONS).flatMap(([id, words]) => words.map((one) => [plain(one), id] as const)),
  [plain(DISABLE), `${DISABLE} is set`],
  ...['dead', 'dead letter', 'dead letters', 'rejected'].map((one) => [plain(one), 'F-020'] as const),
])

/** Returns the arguments of `explain` with a synonym replaced by its id. Options are kept. */
export function withoutSynonyms(args: readonly string[]): readonly string[] {
  const words = plain(args.filter((one) => !isFlag(one)).join(' '))
  const id = SYNONYMS.get(words) ?? SYNONYMS.get(words.replace(/^(?:you_are|the|is|it_is)_/, ''))
  return id === undefined ? args : [...args.filter(isFlag), id]
}

function plain(words: string): string {
  return words.toLowerCase().replaceAll(/[ -]/g, '_')
}
