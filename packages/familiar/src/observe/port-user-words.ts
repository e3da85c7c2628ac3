import type { Reason } from '../classify/class-and-reason.js'
import type { ReasonNames } from '../classify/classify.js'

/** One process of a kind, and several. `{scope}` stands for the tool's name for a scope. */
type Nouns = readonly [one: string, many: string]

const daemon = (is: string, are: string = is): Nouns => [`a daemon ${is}`, `daemons ${are}`]
const someProcess = (is: string, are: string = is): Nouns => [`a process ${is}`, `processes ${are}`]
const OTHER_PROGRAM: Nouns = ['another program', 'other programs']

const NOUNS: Readonly<Record<Reason | 'safe_auto', Nouns>> = {
  safe_auto: ['a stale daemon', 'stale daemons'],
  out_of_range: OTHER_PROGRAM,
  other_family: daemon('of another kind'),
  third_party: OTHER_PROGRAM,
  not_ours: ['an unrecognised program', 'unrecognised programs'],
  is_recorded_singleton: ['the live daemon of its {scope}', 'live daemons of their {scope}s'],
  part_of_singleton: ['a part of a live daemon', 'parts of live daemons'],
  other_user: someProcess('of another user'),
  missing_pid: someProcess('that is not seen from here', 'that are not seen from here'),
  missing_identity: someProcess('that is not seen whole from here', 'that are not seen whole from here'),
  pre_marker: daemon(
    'too old to say which {scope} it belongs to',
    'too old to say which {scope} they belong to',
  ),
  cross_root: daemon('of another {scope}', 'of other {scope}s'),
  unreachable: daemon('that cannot be reached from here'),
  unresponsive: daemon('that does not answer', 'that do not answer'),
  pid_port_mismatch: daemon('that reports another process or port', 'that report another process or port'),
  scope_mismatch: daemon('that names two {scope}s', 'that name two {scope}s'),
  record_unreadable: daemon('whose {scope} or record cannot be read'),
  elsewhere: daemon('whose {scope} has one on another machine or in another container'),
  starting: daemon('that may still be starting'),
  ambiguous: daemon('of which not everything is known'),
}

/**
 * Returns a kind of process in plain words, for one process or for several. `kind` is a reason, by the tool's name for it,
 * or `safe_auto`.
 */
export function nounFor(
  kind: string,
  { scope, names, isOne }: { readonly scope: string; readonly names: ReasonNames; readonly isOne: boolean },
): string {
  const own = Object.entries(names).find(([, name]) => name === kind)?.[0] ?? kind
  const [one, many] = Object.hasOwn(NOUNS, own) ? NOUNS[own as Reason] : someProcess(`(${kind})`)
  return (isOne ? one : many).replaceAll('{scope}', scope)
}
