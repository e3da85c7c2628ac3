/**
 * Runs `act` while no child process can read the scopes of others: each one ends at once. To `act`, every other scope is on
 * a dead network mount. (What a mount that really hangs does to the child is in scopes.test.ts.)
 */
export async function withoutReader<T>(act: () => Promise<T>): Promise<T> {
  const node = process.execPath
  process.execPath = '/bin/false'
  try {
    return await act()
  } finally {
    process.execPath = node
  }
}
