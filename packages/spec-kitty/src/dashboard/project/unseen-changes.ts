import { statfsSync } from 'node:fs'

/** Why the system may not report changes in a directory; null if it reports them. */
export type Why = string | null

/**
 * The types of file systems (`statfs`, Linux) on which others can make changes that this system is not notified of:
 * shares between a host and its virtual machine, and network file systems. The numbers of other systems do not collide
 * with these.
 */
const SILENT: ReadonlyMap<number, string> = new Map([
  [0x01021997, '9p, as of /mnt in WSL'],
  [0x65735546, 'FUSE'],
  [0x786f4256, 'vboxsf'],
  [0xbacbacbc, 'vmhgfs'],
  [0x6969, 'NFS'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x517b, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
])

/** Returns why the system does not report all changes on the file system of a directory; null if it does. */
export function silenceOf(path: string, typeOf: (path: string) => number = fileSystemType): Why {
  const name = SILENT.get(typeOf(path) >>> 0)
  return name === undefined
    ? null
    : `The project is on a file system (${name}) on which changes may be made that this system does not hear of.`
}

/** Returns the type of a file system; zero if it is unknown. */
function fileSystemType(path: string): number {
  try {
    return statfsSync(path).type
  } catch {
    return 0
  }
}

/** Returns why a watch failed; null if the path no longer exists. */
export function failureOf(error: unknown): Why {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error'
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'].includes(code)) return null
  if (code === 'ENOSPC')
    return 'The system allows this user no more file watches (ENOSPC: fs.inotify.max_user_watches).'
  if (code === 'EMFILE' || code === 'ENFILE')
    return `The system allows no more watchers or open files (${code}: fs.inotify.max_user_instances, ulimit -n).`
  return `The system refuses to watch the project (${code}).`
}
