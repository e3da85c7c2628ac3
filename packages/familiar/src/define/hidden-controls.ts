/**
 * Characters, besides C0, that may affect a terminal or editor: DEL, C1 controls, line separators, bidirectional marks.
 */
export const HIDDEN_CONTROLS =
  '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069'
