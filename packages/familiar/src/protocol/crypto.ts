/** Node's crypto, loaded on first use: loading costs 2 ms, and most commands do not need it. */
export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
