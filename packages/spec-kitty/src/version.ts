/** The version of this package; a test compares it with package.json. */
export const VERSION = '4.0.0'

/** The protocol between commands and daemon. The Python predecessor speaks 1. */
export const PROTOCOL_VERSION = 2

/** Written into the bundle by the build; the modules in `dist` do not have it. */
declare const BUNDLE_BUILD_TIME: string | undefined

/** When this bundle was built, ISO 8601 in UTC; null for the modules in `dist`, whose builds therefore have no order. */
export const BUILD_TIME = typeof BUNDLE_BUILD_TIME === 'undefined' ? null : BUNDLE_BUILD_TIME
