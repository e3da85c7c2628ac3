import { commandsBelow } from './command-table.js'

/**
 * Returns whether a flag takes a value. This does not depend on the command: a flag takes a value in all commands or in
 * none.
 */
export async function isValuedFlag(flag: string): Promise<boolean> {
  if (flag.includes('=')) return false
  const name = flag.replace(/^-+/, '')
  const specs = await Promise.all(commandsBelow('').map(({ describe }) => describe()))
  return specs.some(({ options }) =>
    Object.entries(options).some(
      ([long, { short, value }]) =>
        value !== undefined && (flag.startsWith('--') ? long === name : short === name),
    ),
  )
}
