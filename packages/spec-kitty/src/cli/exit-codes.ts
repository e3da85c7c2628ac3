/** The exit codes of every command. Permanent: scripts branch on them. */
export const EXIT = {
  ok: 0,
  /** A critical finding remains, or something that was asked for failed. */
  problem: 1,
  /** Wrong usage, or an error that the state of the machine does not explain. */
  error: 2,
  /** Busy or short of resources: the same command may succeed later (`EX_TEMPFAIL` in sysexits.h). */
  tryAgain: 75,
  interrupted: 130,
} as const
