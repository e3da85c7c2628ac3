import 'node:fs'

/** The linter reports every use of these two (`typescript/no-deprecated`). */
declare module 'fs' {
  interface Stats {
    /** @deprecated A Number rounds it. Pass `bigint: true`. */
    dev: number
    /** @deprecated A Number rounds it above 2^53, and two files then have the same. Pass `bigint: true`. */
    ino: number
  }
}
