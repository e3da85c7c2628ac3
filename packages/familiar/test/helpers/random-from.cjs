// @ts-check
'use strict'

/**
 * Returns a source of numbers from 0 up to, but not including, 1: the same ones for the same seed (mulberry32). The seed is
 * spread first, because neighbours would begin alike.
 *
 * @param {number} seed @returns {() => number}
 */
function randomFrom(seed) {
  let state = Math.imul(seed ^ (seed >>> 16), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

module.exports = { randomFrom }
