// @ts-check

/** The last second of the year 9999, because ISO 8601 writes later years in another form. */
const LAST_SECOND = 253_402_300_799

/**
 * Returns the build time for the bundle, ISO 8601 in UTC: SOURCE_DATE_EPOCH (seconds since 1970) if it is set, so that a
 * build can be repeated byte for byte, otherwise `nowMs`. Throws if SOURCE_DATE_EPOCH is not such a number.
 * (https://reproducible-builds.org/specs/source-date-epoch/)
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {number} nowMs
 */
export function buildTime({ SOURCE_DATE_EPOCH: epoch }, nowMs) {
  if (epoch === undefined) return new Date(nowMs).toISOString()
  if (!/^\d{1,12}$/.test(epoch) || Number(epoch) > LAST_SECOND) {
    throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${JSON.stringify(epoch)}`)
  }
  return new Date(Number(epoch) * 1000).toISOString()
}
