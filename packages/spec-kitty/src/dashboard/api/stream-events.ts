/**
 * `GET /api/events`: server-sent events. The first one is `hello`, sent at once. Then come `watch` and `changed`, as soon as
 * the project is watched, and every time something happens; and `heartbeat` every ten seconds, without a meaning of its own:
 * a client that has heard nothing for 25 s has lost the dashboard. `gone` comes when the path of the project no longer leads
 * to the directory that the dashboard was started for, and when it does again.
 */
export interface StreamEvents {
  readonly hello: HelloEvent
  readonly gone: GoneEvent
  readonly watch: WatchEvent
  readonly changed: ChangedEvent
  readonly heartbeat: Readonly<Record<string, never>>
}

/** Who answers. A client that gets another project than before must not go on: what it shows is not of this project. */
export interface HelloEvent {
  readonly project: {
    /** Stands for the path of the project, and is in the header `spec-kitty-project` of every reply. */
    readonly id: string
    readonly name: string
    readonly path: string
  }
  /** Differs between two runs of the dashboard. */
  readonly instance: string
  readonly version: string
  /** The build of the page that this dashboard serves, as the page says in its `<meta name="page-build">`. */
  readonly page: string
}

/**
 * Whether the directory of the project was moved, removed or replaced. While it is, the data of the project is refused with
 * status 410 (`project_gone`), no change is reported, and the dashboard exits within about a minute.
 */
export interface GoneEvent {
  /** ISO 8601 UTC; null if the directory is back. */
  readonly since: string | null
}

/** Whether the system reports all changes of the project. If not, the dashboard polls the project. */
export interface WatchEvent {
  /** Null if the system reports all changes. */
  readonly blind: {
    /** ISO 8601 UTC. */
    readonly since: string
    /** Why, in one sentence. */
    readonly why: string
  } | null
}

/**
 * The first one of a stream has `missions: null`: the page then reads everything, because it cannot know what it missed. Each
 * has an id (the `id` line of server-sent events); with `/api/events?after=ID`, the first one names what changed since, which
 * may be nothing.
 */
export interface ChangedEvent {
  /** The missions that may have changed; null: any may have, and so may the list itself. */
  readonly missions: readonly string[] | null
}
