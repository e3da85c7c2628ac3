/** Why the tool's own findings matter, one sentence each, by id. `auth doctor` shows the sentence below the finding. */
export const WHY_IT_MATTERS: Readonly<Record<string, string>> = {
  'F-001': 'Events stay on this machine until you are signed in.',
  'F-009': 'Nothing is lost, but the server does not have these events yet.',
  'F-012': 'A wrong setting is not guessed: what needs it does not run. An unknown one has no effect.',
  'F-016': 'Who is signed in is not known, so no event leaves this machine.',
  'F-017': 'What waits in it cannot be sent until it can be read.',
  'F-018': 'Nothing is lost: what waits is sent as soon as nothing is in the way.',
  'F-019': 'Until events leave, no further event can be queued: publish fails.',
  'F-020': 'The server does not have these events. They stay here until you decide.',
  'F-021': 'No sync daemon can start there, and no event can be queued.',
  'F-022': 'The events that were put aside so are not sent unless they are queued again.',
  'F-023': 'The daemon keeps the variables of its start, so the switch of this shell keeps no event here.',
  'F-024': 'Such a dashboard keeps memory and a port, and nothing uses it.',
  'F-025':
    'Unless they were queued again, these events are not in the queue any more, and the server may not have them.',
}

/** Why F-021 matters if not even a lock can be taken in the home. */
export const NOTHING_WORKS =
  'Until that is mended, no command can start, stop, replace or clean up a sync daemon of this home, and no event can be queued.'

/** Why F-021 matters if it is only that the disk is full: a daemon needs little room to start. */
export const DISK_FULL =
  'No event can be queued, and no session stored. A sync daemon may start there, or fail: that depends on the file system.'

/** Why F-024 matters if one of the dashboards needs a decision. */
export const MAY_BE_USED = 'Each keeps memory and a port. One that needs a decision may still be in use.'

/** Why F-021 matters if only the home itself is closed, and not the directory of the daemon in it. */
export const NO_SESSION_STORED =
  'Neither a sign-in nor the renewal of a session can be stored. The sync daemon and the queue have their own directory, and work.'
