/** The version of this package; a test compares it with package.json. */
export const VERSION = '4.0.0'

/** The protocol between commands and daemon. The Python predecessor speaks 1. */
export const PROTOCOL_VERSION = 2

/** The build writes this into the bundle; it is not defined in the modules in `dist`. */
declare const BUNDLE_BUILD_TIME: string | undefined

/** When this bundle was built, ISO 8601 in UTC; null for the modules in `dist`, so their builds cannot be ordered by time. */
export const BUILD_TIME = typeof BUNDLE_BUILD_TIME === 'undefined' ? null : BUNDLE_BUILD_TIME
