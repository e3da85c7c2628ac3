/**
 * `GET /api/events`: server-sent events. The first one is `hello`, sent at once. `watch` and `changed` follow as soon as
 * the project is watched, and after every change. `heartbeat` comes every ten seconds and carries no information; a
 * client that has received nothing for 25 s has lost the dashboard. `gone` is sent when the path of the project no longer
 * leads to the directory that the dashboard was started for, and again when it does.
 */
export interface StreamEvents {
  readonly hello: HelloEvent
  readonly gone: GoneEvent
  readonly watch: WatchEvent
  readonly changed: ChangedEvent
  readonly heartbeat: Readonly<Record<string, never>>
}

/**
 * The identity of the dashboard. If it serves another project than before, a client must stop, because what it shows does
 * not belong to this project.
 */
export interface HelloEvent {
  readonly project: {
    /** Identifies the path of the project. Every reply contains it in the header `spec-kitty-project`. */
    readonly id: string
    readonly name: string
    readonly path: string
  }
  /** Identifies this run of the dashboard. */
  readonly instance: string
  readonly version: string
  /** The build of the page that this dashboard serves, as in the page's `<meta name="page-build">`. */
  readonly page: string
}

/**
 * Whether the directory of the project was moved, removed or replaced. Until it is back, requests for data of the project
 * get status 410 (`project_gone`), no change is reported, and the dashboard exits within about a minute.
 */
export interface GoneEvent {
  /** ISO 8601 UTC; null if the directory is back. */
  readonly since: string | null
}

/** Whether the system reports all changes of the project. If not, the dashboard polls the project. */
export interface WatchEvent {
  /** Since when and why the system does not report all changes; null if it does. */
  readonly blind: {
    /** ISO 8601 UTC. */
    readonly since: string
    /** The reason, in one sentence. */
    readonly why: string
  } | null
}

/**
 * The first event of a stream has `missions: null`: the page must read everything, because it cannot know what it missed.
 * Each has an id (the `id` line of server-sent events). With `/api/events?after=ID`, the first one lists what changed
 * since that event, which may be nothing.
 */
export interface ChangedEvent {
  /** The missions that may have changed; null means that any may have, and the list itself too. */
  readonly missions: readonly string[] | null
}
