/**
 * Parts of the library for the documentation, the tests and the benches of this repository. No promise: they may change with
 * any version.
 */
export { classify, spell } from './classify/classify.js'
export { PLAN } from './classify/plan.js'
export type { Rule } from './classify/rules.js'
export { readOwnRecord } from './observe/records.js'
