/** The version of this package; a test compares it with package.json. */
export const VERSION = '4.0.0'

/** What client and daemon speak with each other. The Python predecessor speaks 1. */
export const PROTOCOL_VERSION = 2
