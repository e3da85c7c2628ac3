/**
 * Matches invisible characters that change how the text around them looks, that make two different texts look the same, or in
 * which a text can be hidden: control characters except tab and line feed; the overrides, embeddings and isolates of
 * bidirectional text; soft hyphens, blanks without width and fillers; tags, which spell ASCII that only programs read. Plain
 * direction marks and joiners are kept, because scripts and emoji need them. The group matches the flag of a part of a country,
 * which keeps its tags: `gbsct` for Scotland.
 */
const DECEPTIVE =
  /(\u{1F3F4}[\u{E0061}-\u{E007A}]{3,6}\u{E007F})|\u034F|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u115F\u1160\u17B4\u17B5\u180E\u200B\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\u{E0000}-\u{E007F}]/gu

/** Returns the text with every deceptive character made visible (`[U+202E]`), so that no name can look like another. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(DECEPTIVE, (found, flag: string | undefined) => {
    if (flag !== undefined) return flag
    const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `[U+${code}]`
  })
}
