/**
 * Parts of the library for the documentation, the tests and the benchmarks of this repository. They are not part of the
 * public API and may change with any version.
 */
export { classify, spell } from './classify/classify.js'
export { PLAN } from './classify/plan.js'
export type { Rule } from './classify/first-match.js'
export { connect } from './client/connect.js'
export { stopDaemon } from './client/stop.js'
export { definitionOf } from './define/define-daemon.js'
export type { Family } from './family.js'
export { selectPlatform } from './observe/platform/select.js'
export { readOwnRecord } from './observe/read-records.js'
