import type { ErrorTexts } from 'familiar/cli'

/** The error codes that only this tool prints. The library explains those of the daemons and of wrong usage. */
export const ERRORS: ErrorTexts = {
  E_AUTH_REFUSED: {
    summary: 'the sign-in service refuses a request',
    exit: '1',
    retry: 'no',
    whatToDo:
      'Ask the operator of the server which client id to use, and set client_id below [sync] in config.toml.',
  },
  E_AUTH_UNREACHABLE: {
    summary: 'the sign-in service cannot be reached, or is busy',
    exit: '75',
    retry: 'yes',
    whatToDo:
      'Check the address and the connection, and try again. For a certificate of your own, set NODE_EXTRA_CA_CERTS.',
  },
  E_AUTH_UNSUPPORTED: {
    summary: 'the server has no sign-in that this command can use',
    exit: '1',
    retry: 'no',
    whatToDo:
      'Check the URL of the server. `spec-kitty auth login --with-token` takes a token from elsewhere.',
  },
  E_CONFIG_INVALID: {
    summary: 'a setting has a value that it cannot have',
    exit: '2',
    retry: 'no',
    whatToDo: 'Correct it where the error says. `spec-kitty config list` shows where every value comes from.',
  },
  E_CONFIG_UNREADABLE: {
    summary: '`config.toml` cannot be read',
    exit: '2',
    retry: 'no',
    whatToDo: 'Correct the file that the error names.',
  },
  E_DASHBOARD_RUNNING: {
    summary: '`--foreground` in a project that has a dashboard already',
    exit: '1',
    retry: 'no',
    whatToDo: 'Use the one at the URL in the error, or stop it first: `spec-kitty dashboard --stop`.',
  },
  E_EXPORT_FAILED: {
    summary: '`sync queue --export` could not write its file',
    exit: '1',
    retry: 'no',
    whatToDo: 'Name a new file, and do what the error says.',
  },
  E_INPUT_UNREADABLE: {
    summary: 'stdin could not be read',
    exit: '1',
    retry: 'no',
    whatToDo: 'Publish the same input again: an event that has an event_id is queued only once.',
  },
  E_LOGIN_DENIED: {
    summary: 'the sign-in was denied in the browser',
    exit: '1',
    retry: 'no',
    whatToDo: 'Run the same command again, and confirm.',
  },
  E_LOGIN_EXPIRED: {
    summary: 'the sign-in was not confirmed in time',
    exit: '1',
    retry: 'no',
    whatToDo: 'Run the same command again, for a new code.',
  },
  E_NOT_BUILT: {
    summary: 'the checkout of the source has not been built',
    exit: '2',
    retry: 'no',
    whatToDo: 'Run `npm ci && npm run build` in the checkout.',
  },
  E_NO_PROJECT: {
    summary: 'the directory that was named is not a project',
    exit: '2',
    retry: 'no',
    whatToDo: 'Name the project, or make one: `spec-kitty init DIR`.',
  },
  E_PROJECT_CONFIG_CHANGED: {
    summary: 'another program wrote `.kittify/config.yaml` meanwhile',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Run the command again.',
  },
  E_PROJECT_CONFIG_UNUSABLE: {
    summary: '`.kittify/config.yaml` cannot be read or written, or is broken',
    exit: '1',
    retry: 'no',
    whatToDo: 'Repair the file, or write `enabled: true` (or `enabled: false`) below sync by hand.',
  },
  E_QUEUE_BUSY: {
    summary: 'other processes use the queue, or just replaced it',
    exit: '75',
    retry: 'yes',
    whatToDo: 'Run the command again.',
  },
  E_QUEUE_CORRUPT: {
    summary: 'the queue is damaged and the command only reads it, or a new one is damaged too',
    exit: '1',
    retry: 'no',
    whatToDo: 'Save what can be read of it: `spec-kitty sync queue --export FILE`. Then look at the disk.',
  },
  E_QUEUE_FULL: {
    summary: 'the queue is full',
    exit: '1',
    retry: 'no',
    whatToDo:
      '`spec-kitty sync queue` shows why events wait. Let them leave, or raise max_queue_size in config.toml.',
  },
  E_QUEUE_NEWER: {
    summary: 'the queue is of a newer version of spec-kitty',
    exit: '1',
    retry: 'no',
    whatToDo: 'Use the newer version, or upgrade this one.',
  },
  E_QUEUE_UNUSABLE: {
    summary: 'the queue cannot be opened, read or written',
    exit: '1',
    retry: 'no',
    whatToDo: 'Do what the error says, and run the command again.',
  },
  E_SERVER_URL: {
    summary: 'no sync server is named, or the named one must not get a token',
    exit: '2',
    retry: 'no',
    whatToDo: 'Name the server as https://HOST.',
  },
  E_SESSION_UNREADABLE: {
    summary: '`session.json` exists but is not a readable session',
    exit: '1',
    retry: 'no',
    whatToDo: '`spec-kitty auth login` replaces it, `spec-kitty auth logout` removes it.',
  },
  E_SQLITE_UNAVAILABLE: {
    summary: 'SQLite is missing, or cannot be loaded',
    exit: '2',
    retry: 'no',
    whatToDo: 'Install spec-kitty again on this system, or use Node 22.23 or later.',
  },
  E_SYNC_INTERRUPTED: {
    summary: 'the sync daemon stopped draining before it was done',
    exit: '1',
    retry: 'no',
    whatToDo: 'Run `spec-kitty sync now` again.',
  },
  E_SYNC_NO_DAEMON: {
    summary: 'no sync daemon runs, and the command may not start one',
    exit: '1',
    retry: 'no',
    whatToDo: 'Start one, whatever the settings say: `spec-kitty sync start`.',
  },
  E_SYNC_STALLED: {
    summary: 'the sync daemon has said nothing for 30 s',
    exit: '1',
    retry: 'no',
    whatToDo: 'Run `spec-kitty sync restart`.',
  },
  E_SYNC_TIMEOUT: {
    summary: 'the time of `--timeout` was over before the drain was',
    exit: '75',
    retry: 'yes',
    whatToDo: '`spec-kitty sync status` shows how it stands.',
  },
}
