/** The exit codes of every command. Permanent: scripts branch on them. */
export const EXIT = {
  ok: 0,
  /** A critical finding remains, or something that was asked for failed. */
  problem: 1,
  /** Wrong usage, or an error that is not the machine's state. */
  error: 2,
  /** Somebody else is at it: the same command may succeed later (`EX_TEMPFAIL` of sysexits.h). */
  tryAgain: 75,
  interrupted: 130,
} as const
