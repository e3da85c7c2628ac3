// @ts-check
import { spawn } from 'node:child_process'

/**
 * @typedef {{ file: string, args: readonly string[], env: Readonly<Record<string, string>> }} Command
 * @typedef {{ ms: number, exitCode: number | null, stdout: string, note: string }} Timed
 */

/** A command that takes longer is killed, and counts as failed. */
const LIMIT_MS = 60_000

/**
 * Runs the command and resolves with the time from its start to its exit. Its output goes into pipes, as in a script.
 * `note` is what the command wrote to file descriptor 3.
 *
 * @param {Command} command
 * @returns {Promise<Timed>}
 */
export function timeCommand({ file, args, env }) {
  return new Promise((resolve, reject) => {
    let ms = 0
    const output = ['', '', '', '']
    const start = performance.now()
    const child = spawn(file, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    child.once('exit', () => (ms = performance.now() - start))
    child.once('error', reject)
    child.once('close', (exitCode) => {
      resolve({ ms, exitCode, stdout: output[1] ?? '', note: output[3] ?? '' })
    })
    for (const index of [1, 2, 3]) {
      child.stdio[index]?.on('data', (chunk) => (output[index] += String(chunk)))
    }
  })
}
