import { describeCandidate, EXIT, type Io } from 'familiar/cli'
import { dashboardDaemon, syncDaemon } from '../daemons/define-daemons.js'

/**
 * For the scripts of `completion`: prints the ports of the listeners in a family's range that may be cleaned up, one per
 * line, without those of daemons that another home uses. Only scans, and changes nothing. Prints nothing for any other
 * argument, and never fails, because a shell waits for the output.
 */
export async function run([what, family]: readonly string[], io: Io): Promise<number> {
  if (what !== 'ports') return EXIT.ok
  const daemon = family === 'dashboard' ? dashboardDaemon : syncDaemon
  try {
    const seen = await daemon.scan()
    const ports = seen.candidates
      .map((candidate) => describeCandidate(daemon, candidate, seen))
      .filter((record) => record.cleanup_class !== 'never_touch' && record.in_use_by === null)
      .map(({ port }) => port)
    for (const port of ports) if (port !== null) io.out(`${port}\n`)
  } catch {
    // If a scan is impossible here, there is nothing to offer.
  }
  return EXIT.ok
}
