import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { throwLack } from '../errors.js'

/** What a daemon needs beyond what it has open when it is ready: a few connections, and the files of its work. */
const SPARE_DESCRIPTORS = 12

/**
 * Throws `E_RESOURCES` if this process may open hardly anything more. A daemon keeps the limit of the shell that started it: one
 * that comes up and then cannot work would stand in the way of every later command.
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
