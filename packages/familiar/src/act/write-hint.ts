/** The advice after a failed write, by the name of its errno. `DIR` stands for the directory. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on the disk that holds DIR',
  EDQUOT: 'free space on the disk that holds DIR: your quota there is used up',
  EFBIG: 'raise the limit of file sizes (ulimit -f)',
  EROFS: 'use a directory on a file system that is not read-only, or make that of DIR writable',
  EIO: 'check the disk that holds DIR: it fails',
}

/** Returns the advice after a failed write in a directory. `errno`: the cause; null if the system gave no name. */
export function writeHint(directory: string, errno: string | null): string {
  const hint =
    (errno === null ? undefined : HINTS[errno]) ?? 'make DIR a directory that this user can write to'
  return hint.replace('DIR', () => directory)
}
