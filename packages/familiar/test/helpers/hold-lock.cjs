// @ts-check
'use strict'
const { openSync } = require('node:fs')
/** The package has no types. @type {(name: string) => unknown} */
const load = require
const { tryLock } = /** @type {import('../../dist/observe/platform/native-locks.js').NativeLocks} */ (
  load('fs-native-extensions')
)

/**
 * For `--require`: holds the kernel lock on the file that `HOLD_LOCK` names until the process ends, as a daemon holds its
 * own, without a word in the file.
 */
const descriptor = openSync(process.env['HOLD_LOCK'] ?? '', 'r+')
if (!tryLock(descriptor, 2 ** 30, 1)) throw new Error('another process holds the lock')
