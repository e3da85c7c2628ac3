/** Why the library's findings matter, one sentence each, by id and severity. `scope` is what the tool calls a scope. */
const WHY: Readonly<Record<string, (scope: string) => string>> = {
  'F-002 warn': () => 'Each keeps a port and memory. One that needs a decision may still be in use.',
  'F-004 warn': () => 'It does what its own version does, not what this command expects.',
  'F-005 critical': () => 'Every command that needs it waits, and then fails.',
  'F-010 warn': () => 'When all ports are taken, no further daemon can start.',
  'F-011 info': () => 'Only commands of that version use it.',
  'F-013 warn': () => 'Commands here cannot use it, and start no second one beside it.',
  'F-014 warn': () => 'Commands here cannot use it, and start no second one beside it.',
  'F-015 warn': () => 'What it was doing was cut off.',
}

/** Returns why a finding matters; null if that is obvious. `ofTool`: the texts for the tool's own findings, by id. */
export function whyItMatters(
  { id, severity }: { readonly id: string; readonly severity: string },
  scope: string,
  ofTool: Readonly<Record<string, string>>,
): string | null {
  return ofTool[id] ?? WHY[`${id} ${severity}`]?.(scope) ?? null
}
