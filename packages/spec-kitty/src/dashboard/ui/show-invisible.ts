/**
 * Matches invisible characters that change how the text around them looks, or that make two different texts look the same: control
 * characters except tab and line feed; the overrides, embeddings and isolates of bidirectional text; soft hyphens, blanks
 * without width and fillers. Plain direction marks and joiners are kept, because scripts and emoji need them.
 */
const DECEPTIVE =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u115F\u1160\u180E\u200B\u202A-\u202E\u2060-\u2064\u2066-\u206F\u3164\uFEFF\uFFA0]/g

/** Returns the text with every deceptive character made visible (`[U+202E]`), so that no name can look like another. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(DECEPTIVE, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return `[U+${code}]`
  })
}
