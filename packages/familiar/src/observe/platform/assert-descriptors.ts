import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { throwLack } from '../../errors.js'

/** Throws `E_RESOURCES` if this process cannot open that many more descriptors now. */
export function assertDescriptors(count: number): void {
  const spare: number[] = []
  try {
    while (spare.length < count) spare.push(openSync(devNull, 'r'))
  } catch (error) {
    throwLack(error)
  } finally {
    for (const descriptor of spare) closeSync(descriptor)
  }
}
