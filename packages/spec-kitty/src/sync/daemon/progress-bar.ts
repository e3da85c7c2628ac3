const BAR_CHARS = 24

/** Returns a bar that is filled as far as the work is done: `[======            ]`. */
export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(BAR_CHARS, Math.round((done / total) * BAR_CHARS))
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CHARS - filled)}]`
}
