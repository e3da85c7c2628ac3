import { JSON_OPTION } from './grammar.js'

const JSON_ONLY = { json: JSON_OPTION } as const

export const STATUS_OPTIONS = {
  check: { text: 'exit 0 only if it runs' },
  json: JSON_OPTION,
} as const

export const LOGS_OPTIONS = {
  lines: {
    short: 'n',
    value: { kind: 'number', name: 'N', from: 0, to: 999_999 },
    text: 'how many of the last entries (50; with --since: all)',
  },
  since: {
    value: { kind: 'text', name: 'WHEN', needs: 'a time such as 30m, 2h, 10s, 14:05 or 2026-11-26' },
    text: 'only from then on: 30m, 2h, 10s, 14:05, 2026-11-26, 2026-11-26T14:05',
  },
  follow: { short: 'f', text: 'go on until Ctrl+C, or until the reader is gone' },
  json: JSON_OPTION,
} as const

export const DOCTOR_OPTIONS = {
  reset: { text: 'end what is proven stale (safe_auto); on a terminal, ask about the rest' },
  force: { text: 'with --reset: also end what needs a decision (operator_required)' },
  port: { value: { kind: 'port', name: 'N' }, text: 'with --reset: only the listener on this port' },
  'dry-run': { text: 'with --reset: say what would be done, do nothing' },
  strict: { text: 'exit 1 for a warning too' },
  json: JSON_OPTION,
} as const

/** The options of `doctor` that may be used together. */
export const DOCTOR_FORMS = [
  { may: ['strict', 'json'] },
  { lead: 'reset', may: ['force', 'port', 'dry-run', 'strict', 'json'] },
] as const

/** The grammars of the commands for a daemon. */
export const DAEMON_GRAMMARS = {
  start: { options: JSON_ONLY },
  stop: { options: JSON_ONLY },
  restart: { options: JSON_ONLY },
  status: { options: STATUS_OPTIONS },
  logs: { options: LOGS_OPTIONS },
  doctor: { options: DOCTOR_OPTIONS, forms: DOCTOR_FORMS },
  explain: {
    options: JSON_ONLY,
    operands: { name: 'ID', min: 0, max: Infinity, needs: 'one ID', kind: 'text' },
  },
} as const
