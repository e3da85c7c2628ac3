import { daemonCommands, JSON_OPTION, type CommandSpec } from 'familiar/cli'

const { doctor } = daemonCommands({ title: 'sync daemon', command: 'spec-kitty sync' })

export const AUTH_DOCTOR = {
  ...doctor,
  about: 'Shows the session, the sync daemon, and every listener on ports 9400-9449: what it is, and why.',
  more: [
    'Without --reset it only looks, and ends nothing.',
    'With --reset, it ends what is proven stale. --force, or y at the question, also ends what needs a decision: one that hangs, one of another home that is not known to be in use there (cross_root), or one that does not say which home it belongs to (pre_marker). Look at it first. Never ended are the daemon of this home if it answers, one that another home is known to use, and one of another user.',
    'While the sync daemon of this home runs, it also ends what is proven stale there by itself: after its start, and later when a command connects to it (as this one does), at most once a minute.',
    'A process is told to end by SIGTERM. If it stays, it gets SIGKILL: after 1 s, or after 5 s if it is visibly ending. A clean-up waits 7 s at most for all of them.',
  ],
  examples: [
    ['spec-kitty doctor', 'what is wrong, and the command for it'],
    ['spec-kitty auth doctor --reset', 'clean up what is proven stale'],
    [
      "spec-kitty auth doctor --json | jq '.orphans[] | {port, pid, cleanup_class, skip_reason}'",
      'what is not in use here, for a script; .in_use_by says which home uses it',
    ],
  ],
  environment: ['SPEC_KITTY_HOME', 'SPEC_KITTY_ENABLE_SAAS_SYNC', 'SPEC_KITTY_NON_INTERACTIVE'],
} as const satisfies CommandSpec

export const AUTH_LOGIN = {
  options: {
    server: {
      value: { kind: 'text', name: 'URL', needs: 'a URL' },
      text: 'the server; without it SPEC_KITTY_SAAS_URL, else server_url in config.toml',
    },
    open: { text: 'also open the page in the browser of this machine' },
    'with-token': {
      text: 'read an access token from standard input, or ask for it on a terminal; asks no server',
    },
    json: JSON_OPTION,
  },
  forms: [{ may: ['server', 'open', 'json'] }, { lead: 'with-token', may: ['server', 'json'] }],
  usage: ['[--server URL] [--open] [--json]', '--with-token [--server URL] [--json]'],
  about: 'Signs in to a sync server.',
  more: [
    'Prints a page and a code: open the page in a browser, on any machine, and enter the code. A second sign-in replaces the first.',
    'The server tells which sign-in service it uses. issuer and client_id below [sync] in config.toml override that; the client id is spec-kitty-cli by default.',
  ],
  examples: [
    ['spec-kitty auth login --server https://sync.example.org --open', 'sign in with the browser'],
    [
      'spec-kitty auth login --with-token --server https://sync.example.org < FILE',
      'sign in with a token, in CI',
    ],
  ],
  environment: ['SPEC_KITTY_HOME', 'SPEC_KITTY_SAAS_URL', 'BROWSER'],
  exits: {
    0: 'signed in',
    1: 'denied, expired, refused, or no device sign-in there',
    2: 'wrong usage, or no server is set',
    75: 'the server cannot be reached: try again',
  },
} as const satisfies CommandSpec

export const AUTH_LOGOUT = {
  options: { json: JSON_OPTION },
  about: 'Signs out: asks the server to revoke the tokens, and deletes the session in any case.',
  examples: [
    ['spec-kitty auth logout', 'sign out'],
    ['spec-kitty auth logout --json | jq .revoked', 'whether the server revoked the tokens'],
  ],
  environment: ['SPEC_KITTY_HOME'],
  exits: {
    0: 'signed out, or not signed in before',
    1: 'the session is deleted, but it could not be read, or the server could not be asked to revoke it',
    2: 'wrong usage, or the session cannot be deleted',
  },
} as const satisfies CommandSpec

export const AUTH_STATUS = {
  options: { json: JSON_OPTION },
  about: 'Shows who is signed in, to which sync server and until when.',
  more: [
    'Asks no server, and never prints a token. With --json, "state" is signed_in, expired, ended_by_server, refused (by the server, when it was last used) or none.',
  ],
  examples: [
    ['spec-kitty auth status', 'who is signed in'],
    ['spec-kitty auth status --json | jq -r .principal', 'the name alone'],
  ],
  environment: ['SPEC_KITTY_HOME'],
  exits: { 0: 'signed in', 1: 'not signed in, or the session is over or cannot be read' },
} as const satisfies CommandSpec
