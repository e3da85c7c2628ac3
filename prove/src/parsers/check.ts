import * as fc from 'fast-check'

/** A property that one parser must have, and the inputs to test it with. */
export interface Check {
  /** The name of the parser, and the property that must hold for it. */
  readonly name: string
  readonly property: fc.IRawProperty<[unknown]>
}

/** Returns a check. `holds` throws if the property does not hold for an input. */
export function check<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
): Check {
  return { name, property: fc.asyncProperty(inputs, async (input) => holds(input)) }
}

/** Throws with both values if they are not equal as JSON. */
export function expectEqual(seen: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`)
}

export function expectTrue(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}
