/**
 * What precedes the scope in the command line of each daemon, by the name of its family. Frozen: later versions recognise a
 * daemon by it (recognise-sync.ts, recognise-dashboard.ts).
 */
export const MARKERS = {
  sync: '--spec-kitty-daemon-root=',
  dashboard: '--spec-kitty-dashboard-project=',
} as const
