import type { Vantage } from './vantage-places.js'
import type { Scope } from './vantage-scopes.js'
import type { Claim } from './vantage-truth.js'

/** What is so, as far as it can be known from there. All else is only compared. */
const TRUTH: Readonly<Record<string, Partial<Record<Scope, Claim>>>> = {
  same: {
    live: 'lives',
    stale: 'dead',
    orphan: 'dead',
    old: 'lives',
    pre: 'lives',
    text: 'dead',
    net: 'unreachable',
    pid: 'elsewhere',
    user: 'foreign',
    'p-live': 'lives',
    'p-old': 'lives',
    'p-text': 'dead',
    'p-net': 'unreachable',
  },
  time: { live: 'lives', 'p-live': 'lives' },
  network: { live: 'unreachable', 'p-live': 'unreachable', net: 'unreachable' },
  'network, loopback down': { live: 'unreachable', 'p-live': 'unreachable' },
  'pid, own /proc': { live: 'elsewhere', 'p-live': 'elsewhere' },
  mount: { live: 'lives', 'p-live': 'lives' },
  'user namespace': { live: 'lives', 'p-live': 'lives' },
  'chroot, same files': { live: 'lives', 'p-live': 'lives' },
  'EPERM on connect': { live: 'unreachable', 'p-live': 'unreachable' },
  'EPERM on kill': { live: 'lives', 'p-live': 'lives' },
}

/** There a start brings up a daemon whose record it may then not read: what it says of that is about another daemon. */
const BLIND_STARTS: ReadonlySet<string> = new Set(['EPERM on records'])

/** Returns every way in which commands contradict each other, or what is so. */
export function contradictionsOf(
  { name }: Vantage,
  scope: Scope,
  claims: ReadonlyMap<string, Claim>,
): readonly string[] {
  const said = [...claims].filter(
    ([teller, claim]) => claim !== null && !(teller === 'start' && BLIND_STARTS.has(name)),
  )
  const truth = TRUTH[name]?.[scope]
  const views = new Set(said.map(([, claim]) => viewOf(claim)))
  const isTrue = truth === undefined || said.every(([, claim]) => viewOf(claim) === viewOf(truth))
  if (views.size <= 1 && isTrue) return []
  const text = said.map(([teller, claim]) => `${teller} ${claim}`).join(', ')
  return [truth === undefined || truth === null ? text : `${text}; right: ${truth}`]
}

/** That of another user lives too: which of both is said is a matter of what the command is for. */
function viewOf(claim: Claim): Claim {
  return claim === 'foreign' ? 'lives' : claim
}
