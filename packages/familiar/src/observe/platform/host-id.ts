import { crypto } from '../crypto.js'

/**
 * Returns the id of a machine from its machine id, or from its host name where it has none. Hashed, because a machine id
 * must not be shown to others (machine-id(5)).
 */
export function hostIdOf(name: string): string {
  return crypto().createHash('sha256').update(name).digest('hex').slice(0, 16)
}
