import type { Words } from './options.js'

/** The commands that the errors of the library name. */
export interface Hints {
  readonly doctorCommand: (port: number | null) => string
  readonly stopCommand: string
  readonly otherScopeHint?: string
  readonly versionVariable: string
}

export function hintsOf({ clean, stop, otherScopeHint, versionVariable }: Words): Hints {
  return {
    doctorCommand: (port) => forceCommand(clean, port),
    stopCommand: stop,
    ...(otherScopeHint === '' ? {} : { otherScopeHint }),
    versionVariable,
  }
}

/** Returns the command that ends one listener of the range, or all of them, even those that need a decision. */
export function forceCommand(clean: string, port: number | null): string {
  return `${clean} --force${port === null ? '' : ` --port ${port}`}`
}
