import type { Gate } from './upload-types.js'

export type OpenGate = Gate & { readonly state: 'open' }

type ReadGate = () => Promise<Gate>

/** Returns whether events go to another server now. While the gate is closed, nothing is held up. */
export async function isElsewhere(
  read: ReadGate,
  { serverUrl }: { readonly serverUrl: string },
): Promise<boolean> {
  const now = await read()
  return now.state === 'open' && now.serverUrl !== serverUrl
}

/** Returns whether the gate is still as it was. */
export async function isStill(read: ReadGate, { serverUrl, format }: OpenGate): Promise<boolean> {
  const now = await read()
  return now.state === 'open' && now.serverUrl === serverUrl && now.format === format
}
