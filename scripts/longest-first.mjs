// @ts-check
import { BaseSequencer } from 'vitest/node'
import { secondsOf } from './test-seconds.mjs'

/** Runs the files that take longest first, so that no worker still has a long one left when the others have finished. */
export class LongestFirst extends BaseSequencer {
  /**
   * @override
   * @param {import('vitest/node').TestSpecification[]} files
   * @returns {Promise<import('vitest/node').TestSpecification[]>}
   */
  sort(files) {
    return Promise.resolve(
      files.toSorted((a, b) => groupOf(a) - groupOf(b) || secondsOf(b.moduleId) - secondsOf(a.moduleId)),
    )
  }
}

/** @param {import('vitest/node').TestSpecification} file */
function groupOf({ project }) {
  return project.config.sequence.groupOrder
}
