// @ts-check
'use strict'

/** How releases of the predecessor differ, as seen from outside. */

/** Candidate number of a final release, which sorts after its release candidates. */
const FINAL = 999

/**
 * Returns whether `version` is `first` or later.
 *
 * @param {string} version @param {string} first
 */
function isFrom(version, first) {
  const [one, other] = [partsOf(version), partsOf(first)]
  const at = one.findIndex((part, index) => part !== other[index])
  return at === -1 || (one[at] ?? 0) > (other[at] ?? 0)
}

/** @param {string} version */
function partsOf(version) {
  const [, major = 0, minor = 0, patch = 0, candidate = FINAL] =
    /^(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?/.exec(version) ?? []
  return [major, minor, patch, candidate].map(Number)
}

/** The command line names the root from 3.2.0 on, but not in the release candidates of 3.2.0. @param {string} version */
const namesRoot = (version) => isFrom(version, '3.2.0')

/** From 3.2.0rc0 on, the script begins by setting an environment variable. @param {string} version */
const setsVariable = (version) => isFrom(version, '3.2.0rc0')

/** Up to 3.2.2 `SPEC_KITTY_HOME` is ignored: the root is `$HOME/.spec-kitty`. @param {string} version */
const readsHomeVariable = (version) => isFrom(version, '3.2.3')

/** Whether it keeps the owner file that all daemons of a root share. @param {string} version */
const keepsOwner = (version) => isFrom(version, '3.2.0rc0')

module.exports = { isFrom, keepsOwner, namesRoot, readsHomeVariable, setsVariable }
