import type { UploadEnd } from './upload-project.js'

/** Knows the events that the server did not accept yet in this pass, which does not send them again. */
export class PassedEvents {
  readonly #projects = new Map<string, { readonly last: number; readonly kept: number }>()

  has(project: string): boolean {
    return this.#projects.has(project)
  }

  /** Returns the last event of the project that was sent, if some before it were not accepted. */
  last(project: string): number | undefined {
    return this.#projects.get(project)?.last
  }

  /** Returns how many events of the project, of which `waiting` waited before the last request, wait behind it. */
  behind(project: string, waiting: number, { sent, kept, rejected }: UploadEnd): number {
    return waiting - (this.#projects.get(project)?.kept ?? 0) - sent - kept - rejected
  }

  add(project: string, { last, kept }: UploadEnd): void {
    const before = this.#projects.get(project)
    if (last !== null && (kept > 0 || before !== undefined))
      this.#projects.set(project, { last, kept: (before?.kept ?? 0) + kept })
  }
}
