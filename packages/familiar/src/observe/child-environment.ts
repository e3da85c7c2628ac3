/** What of the caller's environment would change how a Node process of ours runs, or let it print what we did not ask for. */
const NODE_VARIABLE = /^NODE_/

/** Returns the environment for a Node process that reads for us: the caller's, without what Node takes from it. */
export function childEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NODE_VARIABLE.test(name)))
}
