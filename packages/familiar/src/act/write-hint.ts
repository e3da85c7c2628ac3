/** What to do where a write failed, by the errno name of the failure. `DIR` stands for the directory. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on the disk that holds DIR',
  EDQUOT: 'free space on the disk that holds DIR: your quota there is used up',
  EFBIG: 'raise the limit of file sizes (ulimit -f)',
  EROFS: 'use a directory on a file system that is not read-only, or make that of DIR writable',
  EIO: 'check the disk that holds DIR: it fails',
}

/** Returns what to do where nothing could be written in a directory. `errno`: why not; null if the system gave no name. */
export function writeHint(directory: string, errno: string | null): string {
  const hint =
    (errno === null ? undefined : HINTS[errno]) ?? 'make DIR a directory that this user can write to'
  return hint.replace('DIR', () => directory)
}
