import type { Texts } from './explanation.js'

/** The explanations of the findings that the library's doctor makes. A tool explains its own findings itself. */
export const FINDINGS: Texts = {
  'F-002': {
    summary: 'orphaned daemons listen in the range',
    why: 'They use ports and memory, and may run old code. Daemons that are in use anywhere are not counted.',
    whatToDo:
      'Run `{clean}`: it ends what is proven stale. For the others, run the command that the doctor prints below its table.',
  },
  'F-004': {
    summary: 'the daemon and this command are of different versions',
    why: 'Commands replace an older daemon, use any other that speaks the same protocol, and refuse a newer protocol.',
    whatToDo:
      'Run the command that is shown. If the daemon is newer, use the newer installation instead. If you need no daemon, `{stop}` ends it.',
  },
  'F-005': {
    summary: 'no daemon runs (info), or it does not answer (critical)',
    why: 'No daemon is a normal state: commands start one when they need it. One that hangs keeps them from that.',
    whatToDo:
      'Nothing if none runs. If it hangs, run the command that is shown. If it runs in another container or mount namespace than your command, that command looks at it from there, and what it prints has the command that ends it. `{start}` starts a new one.',
  },
  'F-010': {
    summary: 'nearly every port of the range is in use',
    why: 'A daemon that finds no free port cannot start.',
    whatToDo:
      'End those of the named programs that you do not need: the command that is shown names the processes. `{clean}` ends stale daemons.',
  },
  'F-011': {
    summary: '{predecessor} keeps a daemon on this {scope} too',
    why: 'It runs beside ours, or ours ran here since and left its record. Commands of the earlier version may use it, so `{stop}` and every clean-up leave it alone. Both may run.',
    whatToDo:
      'Nothing: one does not disturb the other. If you do not use the earlier version any more, run the stop command of that version, which the doctor names. If that version is not installed any more, look at the process that the doctor names (`ps -ww -o user,lstart,args -p PID`), then end it: `kill PID`.',
  },
  'F-013': {
    summary: 'the daemon cannot be reached from here',
    why: 'It runs in another network, or a sandbox forbids the connection. It may be healthy where it runs.',
    whatToDo: 'Use it where it runs. No command here ends it.',
  },
  'F-014': {
    summary: 'the daemon runs on another machine or in a container',
    why: 'It holds the lock of this {scope}, so no second one may start here.',
    whatToDo:
      'Use it, or stop it, where it runs. If it says that its directory was moved here, wait a minute: it exits by itself.',
  },
  'F-015': {
    summary: 'the daemon crashed',
    why: 'Its record says that it runs, and its process is gone: it was killed, or ended without writing why.',
    whatToDo: 'Run `{start}`; its log may say what came before the end. If it happens again, that is a bug.',
  },
}
