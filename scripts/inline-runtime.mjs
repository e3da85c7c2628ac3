// @ts-check

/**
 * Puts the functions that the bundler adds into every chunk that uses them, and leaves their own chunk out: it would be one more
 * file to find, open and compile for nearly every command, and for the start of a daemon. They keep no state.
 *
 * @param {readonly { readonly fileName: string, readonly code: string }[]} chunks in CommonJS
 */
export function inlineRuntime(chunks) {
  const runtime = chunks.find(({ fileName }) => fileName.includes('rolldown-runtime'))
  if (runtime === undefined) return chunks
  const load = `const require_rolldown_runtime = require("./${runtime.fileName}");`
  const inside = `const require_rolldown_runtime = ((exports) => {\n${runtime.code}\nreturn exports;\n})({});`
  return chunks
    .filter((chunk) => chunk !== runtime)
    .map(({ fileName, code }) => {
      const inlined = code.replace(load, () => inside)
      if (inlined.includes(runtime.fileName))
        throw new Error(`${fileName} loads ${runtime.fileName} in another way`)
      return { fileName, code: inlined }
    })
}
