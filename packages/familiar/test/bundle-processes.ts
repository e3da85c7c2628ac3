import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory with the bundled processes. */
    readonly processes: string
  }
}

/** What tests start hundreds of times, and what that starts itself. */
const PROCESSES = [
  'test/fixtures/processes/daemon.mjs',
  'test/fixtures/processes/starter.mjs',
  'test/helpers/lock-process.mjs',
  'test/helpers/count-process.mjs',
  'test/helpers/ask-machine.mjs',
  'test/helpers/ask-process.mjs',
  'dist/observe/peek-main.js',
]

const PACKAGE = new URL('../', import.meta.url)

/**
 * Bundles the processes that tests start, each into one file, before the tests of a project, and removes the files after
 * them. Loading one file takes half of the processor time of loading the seventy modules of the library one by one.
 */
export default async function bundleProcesses({ provide }: TestProject): Promise<() => void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-processes-')))
  // Processes of other users start them too.
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  symlinkSync(fileURLToPath(new URL('../../node_modules', PACKAGE)), join(directory, 'node_modules'))
  await Promise.all(PROCESSES.map((path) => bundle(path, join(directory, basename(path)))))
  provide('processes', directory)
  return () => rmSync(directory, { recursive: true })
}

async function bundle(path: string, file: string): Promise<void> {
  const bundled = await rolldown({
    input: fileURLToPath(new URL(path, PACKAGE)),
    platform: 'node',
    external: [/^node:/, 'fs-native-extensions'],
  })
  await bundled.write({ file, format: 'esm', codeSplitting: false, comments: false })
  await bundled.close()
}
