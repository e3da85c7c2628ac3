import { errnoOf, throwLack } from '../../errors.js'

/** Not permitted and gone meanwhile are both *unknown*; our own lack is thrown. What is no system error is a fault of ours. */
export function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    throwLack(error)
    if (errnoOf(error) === null) throw error
    return null
  }
}
