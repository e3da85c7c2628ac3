/**
 * Returns the id that the library uses for a machine. `name` is its machine id, or its host name if it has none. It is
 * hashed, because a machine id must not be disclosed (machine-id(5)).
 */
export function hostIdOf(name: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(name).digest('hex').slice(0, 16)
}
