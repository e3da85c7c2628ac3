import { EXIT, type Io } from 'familiar/cli'
import { dashboardDaemon, syncDaemon } from '../daemons/daemons.js'

/**
 * Prints the ports of what listens in the range of a family and may be cleaned up, one a line, for the scripts of
 * `completion`. Scans, which changes nothing. Prints nothing for anything else, and never fails: a shell is waiting.
 */
export async function run([what, family]: readonly string[], io: Io): Promise<number> {
  if (what !== 'ports') return EXIT.ok
  const daemon = family === 'dashboard' ? dashboardDaemon : syncDaemon
  try {
    const { candidates } = await daemon.scan()
    const ports = candidates
      .filter(({ verdict }) => verdict.class !== 'never_touch')
      .map(({ observation }) => observation.port)
    for (const port of ports) if (port !== null) io.out(`${port}\n`)
  } catch {
    // A scan can be impossible here: then there is nothing to offer.
  }
  return EXIT.ok
}
