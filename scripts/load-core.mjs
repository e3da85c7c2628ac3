// @ts-check

/**
 * Returns the name of the file with what V8 has compiled of a chunk. Only the Node that wrote it can read it.
 *
 * @param {string} chunk
 */
export function cacheFile(chunk) {
  return `${chunk.replace(/\.js$/, '')}.${process.version}-${process.platform}-${process.arch}.cache`
}

/** Stands at the top of both entries, which load the core with it. */
export const LOAD_CORE = `
/** Loads a chunk with what V8 has compiled of it, if this Node is the one that built it: half of the start goes into compiling. */
function loadCore(core) {
	const { readFileSync } = require("node:fs");
	const file = require("node:path").join(__dirname, core);
	let text, cachedData;
	try {
		cachedData = readFileSync(\`\${file.slice(0, -3)}.\${process.version}-\${process.platform}-\${process.arch}.cache\`);
		text = readFileSync(file, "latin1");
	} catch {
		return require(core);
	}
	const { Script } = require("node:vm");
	const Module = module.constructor;
	const script = new Script(Module.wrap(text), { filename: file, cachedData });
	const loaded = new Module(file, module);
	Object.assign(loaded, { filename: file, paths: module.paths });
	require.cache[file] = loaded;
	script.runInThisContext()(loaded.exports, (id) => loaded.require(id), loaded, file, __dirname);
	loaded.loaded = true;
	return loaded.exports;
}
`
