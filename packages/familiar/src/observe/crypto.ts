/** Node's crypto, loaded when it is used: it costs 2 ms, and most commands need none. */
export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
