/** The maximum part of a document that is shown, from the beginning of its file. */
export const MAX_SHOWN_BYTES = 1024 * 1024
