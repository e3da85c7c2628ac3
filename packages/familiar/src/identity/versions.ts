/** The predecessor's way to write a version: `3.2.6`, `3.2.6rc3`, `3.2.6-rc.3`. */
const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?(.*)$/

/**
 * Returns a negative number when `a` is older than `b`, a positive one when it is newer, 0 when neither can be said.
 * A release is newer than anything of the same number with a suffix. For showing, not for deciding.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [VERSION.exec(a), VERSION.exec(b)]
  if (one === null || other === null) return 0
  for (const part of [1, 2, 3]) {
    const difference = Number(one[part] ?? 0) - Number(other[part] ?? 0)
    if (difference !== 0) return difference
  }
  return Number(one[4] === '') - Number(other[4] === '')
}
