import type { ErrorKind } from './upload-types.js'

/** What failed last. While one project fails and others go on, it is the error of that one. */
export class LastError {
  /** One line; null if sending last succeeded. */
  text: string | null = null
  /** What the error suggests; null if there is none, or if it is about the session. */
  kind: ErrorKind | null = null
  /** The errors of the projects that wait because only they fail, the last one at the end. */
  readonly #apart = new Map<string, { readonly error: string; readonly kind: ErrorKind }>()

  note(error: string | null, kind: ErrorKind | null = null): void {
    this.text = error
    this.kind = error === null ? null : kind
  }

  /** Notes that only this project fails. */
  noteApart(project: string, error: string, kind: ErrorKind): void {
    this.#apart.delete(project)
    this.#apart.set(project, { error, kind })
    this.note(error, kind)
  }

  /** The server has answered for events of the project. `kept`: why it keeps some; null if it keeps none. */
  answered(project: string, kept: string | null): void {
    this.#apart.delete(project)
    this.note(kept, 'kept')
    // That one project goes on says nothing about one that still fails.
    const failing = [...this.#apart.values()].at(-1)
    if (kept === null && failing !== undefined) this.note(failing.error, failing.kind)
  }

  /** Forgets the error, and that this project fails. */
  forgetProject(project: string): void {
    this.#apart.delete(project)
    this.note(null)
  }

  /** Forgets all projects except these. */
  keepProjects(projects: ReadonlySet<string>): void {
    for (const project of this.#apart.keys()) if (!projects.has(project)) this.#apart.delete(project)
  }

  /** Forgets all errors, because the server has changed. */
  forget(): void {
    this.#apart.clear()
    this.note(null)
  }
}
