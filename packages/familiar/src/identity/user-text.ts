/** Returns a user as text. Only the name of root is the same everywhere; other names are not looked up here. Pure. */
export function userText(uid: number | string): string {
  return String(uid) === '0' ? 'root' : `user ${uid}`
}
