// @ts-check
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'

const compress = promisify(brotliCompress)

/** @typedef {{ file: string, bytes: number, isCached: boolean }} Progress */

/** What is known of the files that were built: their time and size then, and the size of the result. */
/** @typedef {Map<string, { stamp: string, bytes: number }>} Cache */

/**
 * The work: compresses every file of `src/` into `dist/`, and says so after each one. What has not changed since the cache
 * was filled is not done again.
 *
 * @param {string} root
 * @param {Cache} cache
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Progress>}
 */
export async function* build(root, cache, signal) {
  await mkdir(join(root, 'dist'), { recursive: true })
  const entries = await readdir(join(root, 'src'), { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  for (const file of files.toSorted()) {
    signal.throwIfAborted()
    yield await buildFile(root, cache, file)
  }
}

/**
 * @param {string} root
 * @param {Cache} cache
 * @param {string} file
 * @returns {Promise<Progress>}
 */
async function buildFile(root, cache, file) {
  const [source, target] = [join(root, 'src', file), join(root, 'dist', `${file}.br`)]
  const stamp = await stampOf(source)
  const known = cache.get(file)
  if (known?.stamp === stamp && (await stampOf(target)) !== null)
    return { file, bytes: known.bytes, isCached: true }
  const result = await compress(await readFile(source))
  await writeFile(target, result)
  if (stamp !== null) cache.set(file, { stamp, bytes: result.length })
  return { file, bytes: result.length, isCached: false }
}

/**
 * Null if the file does not exist.
 *
 * @param {string} path
 */
async function stampOf(path) {
  try {
    const { mtimeMs, size } = await stat(path)
    return `${mtimeMs} ${size}`
  } catch {
    return null
  }
}
