/**
 * Matches invisible characters that change how the text around them looks: control characters except tab and line feed,
 * and the overrides, embeddings and isolates of bidirectional text. Plain direction marks are kept, because their effect
 * is only local.
 */
const DECEPTIVE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g

/** Returns the text with every deceptive character made visible (`[U+202E]`), so that no name can look like another. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(DECEPTIVE, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return `[U+${code}]`
  })
}
