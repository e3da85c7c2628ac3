/** Variables that would change how our Node child runs, or make it print unexpected output. */
const NODE_VARIABLE = /^NODE_/

/** Returns the environment for a Node child that reads for us: the caller's, without the variables that Node reads. */
export function childEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NODE_VARIABLE.test(name)))
}
