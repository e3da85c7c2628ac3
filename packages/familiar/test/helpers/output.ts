import type { ChildProcess } from 'node:child_process'

/** Returns all that a child says on stdout, until the last process that holds it open has closed it. */
export async function textOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('a child without stdout')
  let text = ''
  for await (const chunk of stdout) text += String(chunk)
  return text
}
