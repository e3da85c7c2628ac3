import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { throwLack } from '../errors.js'

/** How many more descriptors a daemon needs after it is ready: for a few connections, and for the files of its work. */
const SPARE_DESCRIPTORS = 12

/**
 * Throws `E_RESOURCES` if this process can open only very few more descriptors. A daemon keeps the limit of the shell
 * that started it. A daemon that starts but then cannot work would block every later command.
 */
export function assertDescriptors(): void {
  const spare: number[] = []
  try {
    while (spare.length < SPARE_DESCRIPTORS) spare.push(openSync(devNull, 'r'))
  } catch (error) {
    throwLack(error)
  } finally {
    for (const descriptor of spare) closeSync(descriptor)
  }
}
