import type { Host, ProcessView } from './machine.js'

/** The parts of `ProcessView.namespaces` on Linux, in their order. */
const KINDS = [
  'pid namespace',
  'mount namespace',
  'time namespace',
  'user namespace',
  'root directory',
] as const

export type Kind = (typeof KINDS)[number]

/** What keeps a process from being seen whole. */
export interface Apart {
  /** What of it is another one than that of this process. */
  readonly differs: readonly Kind[]
  /** The name of its mount namespace, as `lsns` and `/proc` have it; null if it is ours, or unknown. */
  readonly mounts: string | null
  /** What of it cannot be read. */
  readonly unread: readonly string[]
}

/** Returns what keeps a process from being seen whole from here. `process` is null if nothing is known about it. Pure. */
export function apartFrom(
  process: Pick<ProcessView, 'namespaces' | 'startTime' | 'command'> | null,
  { namespaces }: Pick<Host, 'namespaces'>,
): Apart {
  const [theirs, ours] = [partsOf(process?.namespaces ?? ''), partsOf(namespaces)]
  const isKnown = theirs.length === KINDS.length && ours.length === KINDS.length
  const others = isKnown ? KINDS.filter((_, index) => theirs[index] !== ours[index]) : []
  // The root of another mount namespace is always another mount.
  const differs = others.filter((kind) => kind !== 'root directory' || !others.includes('mount namespace'))
  const unread = [
    ...(process?.command == null ? ['command line'] : []),
    ...(process?.startTime == null && !differs.includes('time namespace') ? ['start time'] : []),
    ...(process?.namespaces == null ? ['namespaces'] : []),
  ]
  const mounts = differs.includes('mount namespace')
    ? (theirs[KINDS.indexOf('mount namespace')] ?? null)
    : null
  return { differs, mounts, unread }
}

/** The path of a root directory may contain blanks. */
function partsOf(namespaces: string): readonly string[] {
  const parts = namespaces.split(' ')
  const before = KINDS.length - 1
  return parts.length <= before ? parts : [...parts.slice(0, before), parts.slice(before).join(' ')]
}

/** Where a process with another one of these usually runs. The first that differs counts. */
const PLACES: readonly (readonly [Kind, string])[] = [
  ['pid namespace', 'a container'],
  ['user namespace', 'a container'],
  ['mount namespace', 'a container, a service with PrivateTmp, or ip netns exec'],
  ['root directory', 'a chroot'],
  ['time namespace', 'a container'],
]

/** Returns what keeps a process from being seen whole, in words; null if that is not known. */
export function apartText({ differs, mounts, unread }: Apart): string | null {
  if (differs.length > 0) {
    const place = PLACES.find(([kind]) => differs.includes(kind))?.[1] ?? ''
    return `it runs in another ${listed(differs)} than this command (${mounts === null ? '' : `${mounts}: `}${place})`
  }
  return unread.length === 0 ? null : `its ${listed(unread)} cannot be read from here`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
