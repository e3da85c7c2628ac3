/** A command that waits for more than a second or three says so on stderr: on a busy machine, any may. */
const WAIT = /^waiting for .*\n/gm

/** Returns what a command printed on stderr, without what it said of its waits. */
export function withoutWaits(stderr: string): string {
  return stderr.replaceAll(WAIT, '')
}
