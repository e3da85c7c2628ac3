import type { Texts } from './explanation.js'

/** The facts about an error code. The table of docs/errors.md shows the first three. */
export interface ErrorText {
  readonly summary: string
  readonly exit: '1' | '2' | '75' | '2 or 75' | '130'
  /** Whether the same command may succeed later without any change. */
  readonly retry: 'yes' | 'no' | 'sometimes'
  readonly whatToDo: string
}

export type ErrorTexts = Readonly<Record<string, ErrorText>>

const EXITS: Readonly<Record<ErrorText['exit'], string>> = {
  '1': 'Exit code 1: it was tried, and what it met made it fail.',
  '2': 'Exit code 2: it could not even be tried.',
  '75': 'Exit code 75: the same command may succeed later.',
  '2 or 75': 'Exit code 2, or 75 where the same command may succeed later.',
  '130': 'Exit code 130: Ctrl+C was pressed.',
}

/** Returns the texts of error codes in the form of the texts of the other ids. */
export function errorTexts(errors: ErrorTexts): Texts {
  const entries = Object.entries(errors).map(([code, { summary, exit, retry, whatToDo }]) => {
    const more =
      retry === 'sometimes' && exit === '1' ? ' In some cases the same command may succeed later.' : ''
    return [code, { summary, why: `${EXITS[exit]}${more}`, whatToDo }] as const
  })
  return Object.fromEntries(entries)
}

/**
 * The error codes of the library and of its commands. A test compares them with the source, because this module cannot
 * import the modules that throw most of them: they are in higher layers.
 */
export const ERRORS: ErrorTexts = {
  E_DAEMON_ELSEWHERE: {
    summary: 'the daemon runs on another machine, in a container, or for another path',
    exit: '1',
    retry: 'sometimes',
    whatToDo:
      'Use it, or stop it, where it runs: the command that the error names does that if it was started for another path. One whose directory was moved exits by itself within about a minute.',
  },
  E_DAEMON_NOT_REPLACED: {
    summary: 'an outdated daemon must be replaced, and still runs',
    exit: '1',
    retry: 'no',
    whatToDo: 'Run the command that the error names, mostly `{stop}`, and start again.',
  },
  E_DAEMON_RUNNING: {
    summary: 'another daemon of the same directory runs already',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Use that one, or stop it first: `{stop}`.',
  },
  E_DAEMON_SKIPPED: {
    summary: 'a variable or the caller forbids starting a daemon',
    exit: '2',
    retry: 'no',
    whatToDo: 'Unset the variable that the error names, or start the daemon yourself: `{start}`.',
  },
  E_DAEMON_START_FAILED: {
    summary: 'a daemon was started, and did not come up',
    exit: '1',
    retry: 'sometimes',
    whatToDo: 'Read the end of its log, which the error shows.',
  },
  E_DAEMON_UNREACHABLE: {
    summary: 'connections from here do not reach the daemon',
    exit: '1',
    retry: 'sometimes',
    whatToDo:
      'Run the command where the daemon runs, or allow connections to 127.0.0.1 here. If the daemon is gone, run the command again.',
  },
  E_DAEMON_UNRECOGNISABLE: {
    summary: 'a daemon would not be recognised by later versions',
    exit: '2',
    retry: 'no',
    whatToDo:
      'As the author of the tool, correct what the error names. By hand, use the command line that it shows.',
  },
  E_DAEMON_UNRESPONSIVE: {
    summary: 'the daemon is alive, can be reached, and does not answer',
    exit: '1',
    retry: 'sometimes',
    whatToDo: 'End it: `{stop}`. Then start again.',
  },
  E_DEFINITION_INVALID: {
    summary: 'the author of a tool described a daemon wrongly',
    exit: '2',
    retry: 'no',
    whatToDo:
      'As the author, correct what the error names. As a user, install the tool again, and report it.',
  },
  E_INSTALLATION_CHANGED: {
    summary: 'the installation is incomplete, or it is being replaced or removed',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Run the command again. If it says the same then, install the tool again.',
  },
  E_INTERNAL: {
    summary: 'an unexpected error: probably a bug in this project',
    exit: '2',
    retry: 'no',
    whatToDo: 'Run the command again with --verbose, and report what it prints.',
  },
  E_INTERRUPTED: {
    summary: 'a command was interrupted with Ctrl+C',
    exit: '130',
    retry: 'yes',
    whatToDo:
      'Run it again. A command that ends processes names those that ended, and those that were told to end and are or may be still there. Run the command that it names to see what is left. One that has closed its port may still be ending: the message says until when, and what to do if it stays.',
  },
  E_LOCK_BUSY: {
    summary: 'another command works on the same daemon',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Wait for the process that the error names, and run the command again.',
  },
  E_LOCK_UNAVAILABLE: {
    summary: 'the native lock library is missing, or cannot be loaded',
    exit: '2',
    retry: 'no',
    whatToDo: 'Do what the error says: mostly, install the tool again, for this system.',
  },
  E_LOCK_UNSUPPORTED: {
    summary: 'the file system has no locks',
    exit: '2',
    retry: 'no',
    whatToDo: 'Put the directory on a file system with locks.',
  },
  E_LOOK_FAILED: {
    summary: 'the system did not list its listeners or processes',
    exit: '2 or 75',
    retry: 'sometimes',
    whatToDo:
      'On Linux, mount `/proc` where the command runs. Elsewhere, run the tool that the error names, to see what is wrong with it.',
  },
  E_NO_LISTENER: {
    summary: 'nothing listens on the port that a clean-up names',
    exit: '1',
    retry: 'no',
    whatToDo: 'Look which ports are in use: the command with --dry-run and without --port shows them.',
  },
  E_PLATFORM_UNSUPPORTED: {
    summary: 'this is neither Linux nor macOS nor Windows',
    exit: '2',
    retry: 'no',
    whatToDo: 'Use one of the three systems.',
  },
  E_PORT_IN_USE: {
    summary: 'something listens on the port that was asked for',
    exit: '1',
    retry: 'no',
    whatToDo: 'Name another port, or none: then the first that is free is taken.',
  },
  E_RANGE_FULL: {
    summary: 'no port of the range is free, even after a clean-up',
    exit: '1',
    retry: 'no',
    whatToDo:
      'The error says what uses the ports, and the mildest step that frees one: a command, or to wait. If it names none, end other programs there yourself. A program can also hold a port without listening on it: the doctor shows no such port, and the error says where to look.',
  },
  E_REQUEST_INTERRUPTED: {
    summary: 'the connection ended after a request was sent to the daemon',
    exit: '1',
    retry: 'no',
    whatToDo: 'See whether it was done, or run the command again if doing it twice is harmless.',
  },
  E_RESOURCES: {
    summary: 'this process has too few file descriptors, processes or memory',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Raise its limits (ulimit -n, ulimit -u), or close something, and run the command again.',
  },
  E_RUNTIME_UNSUPPORTED: {
    summary: 'this is Bun, Deno, Electron or one executable, not Node',
    exit: '2',
    retry: 'no',
    whatToDo: 'Run the tool with Node 20.20 or later.',
  },
  E_SCAN_IMPOSSIBLE: {
    summary: '`/proc` shows the processes of another pid namespace',
    exit: '2',
    retry: 'no',
    whatToDo: 'Mount /proc where the command runs: `mount -t proc proc /proc`.',
  },
  E_SCOPE_FOREIGN_OWNER: {
    summary: 'the directory belongs to another user',
    exit: '2',
    retry: 'no',
    whatToDo: 'Run the command as that user, or use a directory of your own.',
  },
  E_SCOPE_UNUSABLE: {
    summary: 'a directory or file cannot be used: missing, read-only, full, a link',
    exit: '2',
    retry: 'no',
    whatToDo: 'Do what the error says: free space, or make the directory one that this user can write to.',
  },
  E_SIGNAL_REFUSED: {
    summary: 'a signal to a process that must never get one was refused',
    exit: '2',
    retry: 'no',
    whatToDo: 'Run the command from another shell. If that does not help, report it, with the message.',
  },
  E_USAGE: {
    summary: 'the command line or a variable is wrong',
    exit: '2',
    retry: 'no',
    whatToDo:
      'The error names what is wrong, and the nearest right word. --help shows what the command takes.',
  },
  E_VERSION_MISMATCH: {
    summary: 'the daemon and this command cannot work together',
    exit: '1',
    retry: 'no',
    whatToDo:
      'Use the newer installation, whose path the error names; or stop that daemon, to go back on purpose: `{stop}`.',
  },
}
