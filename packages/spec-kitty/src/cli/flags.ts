import { commandsBelow } from './table.js'

/** Returns whether a flag of any command has a value: no name has one in one command and none in another. */
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
