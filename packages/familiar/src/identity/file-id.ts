/**
 * Returns a text that identifies a file or directory. It takes only a stat with `bigint: true`, because a Number rounds an
 * inode above 2^53 (overlay with `xino=on`, some network file systems), and two files then have the same.
 */
export function fileId({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}/${ino}`
}
