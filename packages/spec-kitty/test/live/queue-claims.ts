import { DatabaseSync } from '@photostructure/sqlite'

/** Returns how many claims the database holds at this moment, read without our code; 0 if it cannot be told. */
export function claimsIn(path: string): number {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      return Number(database.prepare('SELECT count(*) AS count FROM claims').get()?.['count'])
    } finally {
      database.close()
    }
  } catch {
    return 0
  }
}
